import { readId } from '#admin/ids.ts'
import type { GrantSource } from '#core/grant.ts'
import type { Json } from '#core/json.ts'
import type { ImportPerson, ImportRight, TargetKind } from './import-row.ts'

export type Defaults = { readonly source: GrantSource; readonly source_ref: string; readonly reason: string }

type Given = Readonly<Record<string, unknown>>

const ofPerson = new Set(['iss', 'sub', 'subject', 'organization', 'email', 'rights'])
const ofRight = new Set([
  'entitlement',
  'product',
  'plan',
  'module',
  'value',
  'access',
  'starts_at',
  'ends_at',
  'source',
  'source_ref',
  'reason',
])
export const importSources: ReadonlySet<string> = new Set([
  'admin',
  'promotion',
  'trial',
  'purchase',
  'contract',
  'backfill',
])
const visible = /^[\x21-\x7e]+$/
const keyLike = /^[a-z0-9][a-z0-9_.:@-]{0,126}$/

/** Why a line is nobody with rights: a sentence. */
export class LineRefused extends Error {}

/**
 * A line as a person or an organization with rights: {"iss", "sub"}, {"subject"} or {"organization"}, and either "rights" or one right beside them.
 * Throws LineRefused.
 */
export function readPerson(line: number, given: unknown, defaults: Defaults): ImportPerson {
  if (!isObject(given)) throw new LineRefused('It is no object.')
  const unknown = Object.keys(given).find((name) => !ofPerson.has(name) && !ofRight.has(name))
  if (unknown !== undefined) throw new LineRefused(`There is no field "${unknown}".`)
  const email = text(given, 'email', 320)
  const holder = holderOf(given)
  if (email !== '' && !('sub' in holder)) throw new LineRefused('An email stands beside iss and sub.')
  return {
    line,
    holder,
    ...(email !== '' && { email }),
    rights: rightsOf(given, defaults),
  }
}

function holderOf(given: Given): ImportPerson['holder'] {
  const iss = text(given, 'iss', 512)
  const sub = text(given, 'sub', 255)
  const subject = text(given, 'subject', 64)
  const organization = text(given, 'organization', 63)
  if (organization !== '' && `${iss}${sub}${subject}` === '') return { organization }
  if (subject !== '' && `${iss}${sub}${organization}` === '') {
    const id = readId('sub', subject)
    if (id === undefined) throw new LineRefused(`"${subject}" is no subject’s id.`)
    return { subject: id }
  }
  if (subject !== '' || organization !== '' || iss === '' || sub === '')
    throw new LineRefused('Say who it is: iss and sub, or subject, or organization.')
  if (!visible.test(iss) || !visible.test(sub)) {
    throw new LineRefused('iss and sub are visible ASCII characters.')
  }
  return { iss, sub }
}

function rightsOf(given: Given, defaults: Defaults): readonly ImportRight[] {
  const beside = Object.keys(given).filter((name) => ofRight.has(name))
  if (given.rights === undefined) return beside.length === 0 ? [] : [rightOf(given, defaults)]
  if (beside.length > 0) throw new LineRefused(`"${beside[0]}" belongs into a right of "rights".`)
  if (!Array.isArray(given.rights)) throw new LineRefused('"rights" is no list.')
  if (given.rights.length > 1000) throw new LineRefused('A line has at most 1000 rights.')
  return given.rights.map((right: unknown) => {
    if (!isObject(right)) throw new LineRefused('A right is no object.')
    const unknown = Object.keys(right).find((name) => !ofRight.has(name))
    if (unknown !== undefined) throw new LineRefused(`A right has no field "${unknown}".`)
    return rightOf(right, defaults)
  })
}

function rightOf(given: Given, defaults: Defaults): ImportRight {
  const kinds = (['entitlement', 'product', 'plan'] as const).filter((kind) => text(given, kind, 127) !== '')
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1) {
    throw new LineRefused('A right names one of entitlement, product and plan.')
  }
  const module = text(given, 'module', 63)
  const access = text(given, 'access', 16) || 'full'
  if (access !== 'full' && access !== 'read_only') throw new LineRefused('access is full or read_only.')
  const source = text(given, 'source', 32) || defaults.source
  if (!importSources.has(source))
    throw new LineRefused(`A source is one of ${[...importSources].join(', ')}.`)
  const starts = time(given, 'starts_at')
  const ends = time(given, 'ends_at')
  if (starts !== undefined && ends !== undefined && ends <= starts) {
    throw new LineRefused('A right ends after it starts.')
  }
  return {
    kind,
    target: keyOf(given, kind),
    ...(module !== '' && { module }),
    ...(given.value !== undefined &&
      given.value !== null &&
      given.value !== '' && { value: given.value as Json }),
    access,
    ...(starts !== undefined && { starts_at: starts }),
    ...(ends !== undefined && { ends_at: ends }),
    source: source as GrantSource,
    source_ref: text(given, 'source_ref', 255) || defaults.source_ref,
    reason: text(given, 'reason', 1000) || defaults.reason,
  }
}

function keyOf(given: Given, kind: TargetKind): string {
  const key = text(given, kind, 127)
  if (!keyLike.test(key)) throw new LineRefused(`There is no ${kind} "${key}".`)
  return key
}

function text(given: Given, name: string, longest: number): string {
  const value = given[name]
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw new LineRefused(`"${name}" is no text.`)
  if (value.length > longest) throw new LineRefused(`"${name}" is longer than ${longest}.`)
  if (value.includes('\u0000') || !value.isWellFormed()) throw new LineRefused(`"${name}" is no proper text.`)
  return value
}

const earliest = Date.UTC(1900, 0)
const latest = Date.UTC(9999, 0)

function time(given: Given, name: string): number | undefined {
  const value = text(given, name, 64)
  if (value === '') return undefined
  const ms = Date.parse(value)
  if (!/^\d{4}-\d\d-\d\d/.test(value) || !(ms >= earliest && ms < latest)) {
    throw new LineRefused(`"${name}" is no ISO 8601 time.`)
  }
  return ms
}

function isObject(value: unknown): value is Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
