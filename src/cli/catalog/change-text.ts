import { type JsonValue, toJson } from '@bufbuild/protobuf'
import { ValueSchema } from '@bufbuild/protobuf/wkt'
import { faint, green, red } from '#cli/print.ts'
import type { CatalogChange, CatalogFieldChange } from '#gen/vouchsafe/admin/v1/catalog_service_pb.ts'

/** A change of the catalogue as lines: what it is, and each field that changes. */
export function changeText({ kind, name, action, fields }: CatalogChange): string {
  const mark = marks[action] ?? '~'
  const title = `${mark} ${action} ${kind.replace('_', ' ')} ${name}`
  return [title, ...fields.map((field) => `    ${fieldText(field)}`)].join('\n')
}

const marks: Readonly<Record<string, string>> = {
  create: green('+'),
  publish: green('+'),
  archive: red('-'),
  retire: red('-'),
  delete: red('-'),
}

function fieldText({ field, before, after }: CatalogFieldChange): string {
  const now = after && toJson(ValueSchema, after)
  const then = before && toJson(ValueSchema, before)
  if (Array.isArray(now) && Array.isArray(then)) return `${faint(field)} ${listText(then, now)}`
  const value = JSON.stringify(now)
  return `${faint(field)} ${then === undefined ? value : `${JSON.stringify(then)} → ${value}`}`
}

function listText(then: readonly JsonValue[], now: readonly JsonValue[]): string {
  const had = new Set(then.map((item) => JSON.stringify(item)))
  const has = new Set(now.map((item) => JSON.stringify(item)))
  const gone = [...had].filter((item) => !has.has(item)).map((item) => `${red('-')} ${item}`)
  const come = [...has].filter((item) => !had.has(item)).map((item) => `${green('+')} ${item}`)
  const changed = [...gone, ...come]
  return changed.length === 0 ? 'in another order' : changed.join('  ')
}
