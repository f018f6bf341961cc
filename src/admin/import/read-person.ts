import { readId } from '#admin/ids.ts'
import type { GrantSource } from '#core/grant.ts'
import type { Json } from '#core/json.ts'
import type { ImportPerson, ImportRight } from './import-row.ts'

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
  const email = text('email', given.email, 320)
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
  const iss = text('iss', given.iss, 512)
  const sub = text('sub', given.sub, 255)
  const subject = text('subject', given.subject, 64)
  const organization = text('organization', given.organization, 63)
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
  const entitlement = text('entitlement', given.entitlement, 127)
  const product = text('product', given.product, 127)
  const plan = text('plan', given.plan, 127)
  const target = entitlement || product || plan
  if (target === '' || target !== `${entitlement}${product}${plan}`) {
    throw new LineRefused('A right names one of entitlement, product and plan.')
  }
  const kind = entitlement !== '' ? 'entitlement' : product !== '' ? 'product' : 'plan'
  const module = text('module', given.module, 63) || undefined
  const access = text('access', given.access, 16) || 'full'
  if (access !== 'full' && access !== 'read_only') throw new LineRefused('access is full or read_only.')
  const source = text('source', given.source, 32) || defaults.source
  if (!importSources.has(source))
    throw new LineRefused(`A source is one of ${[...importSources].join(', ')}.`)
  const starts_at = time('starts_at', given.starts_at)
  const ends_at = time('ends_at', given.ends_at)
  if (starts_at !== undefined && ends_at !== undefined && ends_at <= starts_at) {
    throw new LineRefused('A right ends after it starts.')
  }
  if (!keyLike.test(target)) throw new LineRefused(`There is no ${kind} "${target}".`)
  const { value } = given
  // Of one shape, whatever is said.
  return {
    kind,
    target,
    module,
    value: value === null || value === '' ? undefined : (value as Json | undefined),
    access,
    starts_at,
    ends_at,
    source: source as GrantSource,
    source_ref: text('source_ref', given.source_ref, 255) || defaults.source_ref,
    reason: text('reason', given.reason, 1000) || defaults.reason,
  }
}

function text(name: string, value: unknown, longest: number): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw new LineRefused(`"${name}" is no text.`)
  if (value.length > longest) throw new LineRefused(`"${name}" is longer than ${longest}.`)
  if (value.includes('\u0000') || !value.isWellFormed()) throw new LineRefused(`"${name}" is no proper text.`)
  return value
}

const earliest = Date.UTC(1900, 0)
const latest = Date.UTC(9999, 0)

function time(name: string, given: unknown): number | undefined {
  const value = text(name, given, 64)
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
