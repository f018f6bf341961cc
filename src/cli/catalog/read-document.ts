import { create, type DescField, type DescMessage, fromJson, type JsonValue } from '@bufbuild/protobuf'
import { pathToString } from '@bufbuild/protobuf/reflect'
import { createValidator } from '@bufbuild/protovalidate'
import { LineCounter, parseDocument } from 'yaml'
import { nearest } from '#config/nearest.ts'
import { type Catalog, CatalogSchema } from '#gen/vouchsafe/admin/v1/catalog_service_pb.ts'
import { lineOf, pathOf, pathText, type Step } from './place.ts'

export type CatalogFile = {
  readonly catalog: Catalog
  /** "line 12, entitlements[3].requires", for a path as the server or the reader says it. */
  readonly where: (path: string) => string
}

/** The text of a catalogue was not understood: each problem with its line and path. */
export class CatalogRefused extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'CatalogRefused'
    this.problems = problems
  }
}

const most = 20
const validator = createValidator()

/** Reads a catalogue from YAML or JSON. Throws CatalogRefused. */
export function readDocument(text: string): CatalogFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    throw new CatalogRefused(
      document.errors.map(({ pos, message }) => `line ${lines.linePos(pos[0]).line}: ${message}`),
    )
  }
  const where = (path: string) => {
    const line = lineOf(document.contents, pathOf(path), lines)
    return path === '' ? `line ${line}` : `line ${line}, ${path}`
  }
  const value: unknown = document.toJS({ maxAliasCount: 1000 }) ?? {}
  const problems: string[] = []
  check(CatalogSchema, value, [], (path, problem) => {
    problems.push(`${where(pathText(path))}: ${problem}`)
  })
  if (problems.length > 0) throw new CatalogRefused(problems.slice(0, most))
  const catalog = fromJson(CatalogSchema, value as JsonValue)
  const result = validator.validate(CatalogSchema, catalog)
  if (result.kind === 'error') throw result.error
  if (result.kind === 'invalid') {
    throw new CatalogRefused(
      result.violations.slice(0, most).map((each) => `${where(pathToString(each.field))}: ${each.message}`),
    )
  }
  return { catalog, where }
}

type Say = (path: readonly Step[], problem: string) => void

/** What cannot be the JSON of a message, told by field. */
function check(type: DescMessage, value: unknown, path: readonly Step[], say: Say): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    say(path, 'this is no mapping')
    return
  }
  for (const [name, given] of Object.entries(value)) {
    const field = type.fields.find((each) => each.name === name)
    const at = [...path, name]
    if (!field) say(at, `there is no such field${suggestion(type, name)}`)
    else if (given === null) say(at, 'this is empty: leave it out, or say what it is')
    else if (field.fieldKind === 'message' && ours(field)) check(field.message, given, at, say)
    else if (field.fieldKind === 'list' && field.message && ours(field)) {
      if (!Array.isArray(given)) say(at, 'this is no list')
      else for (const [n, item] of given.entries()) check(field.message, item, [...at, n], say)
    } else checkAlone(type, name, given, at, say)
  }
}

function checkAlone(type: DescMessage, name: string, given: unknown, at: readonly Step[], say: Say): void {
  try {
    fromJson(type, { [name]: given } as JsonValue)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    say(at, text.replace(/^cannot decode \S+ \S+ from JSON: /, 'this cannot be '))
  }
}

function ours({ message }: DescField): boolean {
  return message?.typeName.startsWith('vouchsafe.') ?? false
}

function suggestion(type: DescMessage, name: string): string {
  const close = nearest(
    name,
    type.fields.map((field) => field.name),
  )
  return close === undefined ? '' : `; did you mean ${close}?`
}

export const emptyCatalog = (): Catalog => create(CatalogSchema)
