import type { DescMessage } from '@bufbuild/protobuf'
import { bold, faint } from '#cli/print.ts'
import type { Json, JsonObject } from '#core/json.ts'
import { previewText } from './preview-text.ts'

/** An answer for people: what a list holds as a table, one thing as its fields, a preview, and the revision. */
export function shown(schema: DescMessage, answer: JsonObject): string {
  const { revision, preview, next_page_token, ...rest } = answer
  const parts: string[] = []
  const plain: Record<string, Json> = {}
  for (const { name, fieldKind, message } of schema.fields) {
    const value = rest[name]
    if (value === undefined || value === null) continue
    if (fieldKind === 'list' && message) parts.push(tableOf(value as readonly JsonObject[], name))
    else if (fieldKind === 'message' && isObject(value)) parts.push(fieldsOf(value))
    else plain[name] = value
  }
  if (Object.keys(plain).length > 0) parts.push(fieldsOf(plain))
  if (preview) parts.push(previewText(preview as JsonObject))
  if (next_page_token) parts.push(faint(`more: --page-token ${next_page_token}, or --all`))
  if (revision) parts.push(faint(`revision ${revision}`))
  return parts.filter((part) => part !== '').join('\n')
}

function fieldsOf(thing: JsonObject): string {
  const rows = Object.entries(thing).filter(([, value]) => !isEmpty(value))
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${faint(name.padEnd(width))}  ${textOf(value)}`).join('\n')
}

export function tableOf(rows: readonly JsonObject[], noun: string): string {
  if (rows.length === 0) return `no ${noun.replaceAll('_', ' ')}`
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(
    (name) => name !== 'etag' && rows.some((row) => !isEmpty(row[name])),
  )
  const cells = rows.map((row) => names.map((name) => (isEmpty(row[name]) ? '' : textOf(row[name] as Json))))
  const widths = names.map((name, at) => Math.max(name.length, ...cells.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd()
  return [bold(line(names)), ...cells.map(line)].join('\n')
}

function textOf(value: Json): string {
  if (typeof value === 'string') return printable(value)
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) {
    return printable(value.join(', '))
  }
  return JSON.stringify(value)
}

// What others named things must not move the cursor or colour the screen.
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1))
}

function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
