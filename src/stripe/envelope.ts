import type { Json, JsonObject } from '#core/json.ts'

/** All that is ever read of an event. */
export type Envelope = {
  /** "evt_…" */
  readonly id: string
  readonly type: string
  /** ms. */
  readonly created: number
  readonly livemode: boolean
  readonly api_version?: string
  /** Whose event it is, where that is said: "acct_…". */
  readonly account?: string
  readonly object_id?: string
  readonly customer?: string
}

/** The envelope of a snapshot event or of a thin one; undefined where the value is neither. */
export function envelopeOf(event: unknown): Envelope | undefined {
  if (!isObject(event)) return undefined
  const kind = field(event, 'object')
  const thin = kind === 'v2.core.event'
  if (!thin && kind !== 'event') return undefined
  const id = idOf(field(event, 'id'))
  const type = idOf(field(event, 'type'))
  const created = thin ? instantOf(field(event, 'created')) : secondsOf(field(event, 'created'))
  const livemode = field(event, 'livemode')
  if (id === undefined || type === undefined || created === undefined || typeof livemode !== 'boolean') {
    return undefined
  }
  const version = idOf(field(event, 'api_version'))
  const of = field(event, thin ? 'context' : 'account') ?? ''
  // What is said and cannot be read must not be taken for nothing said.
  if (of !== '' && idOf(of) === undefined) return undefined
  const account = thin ? lastOf(idOf(of)) : idOf(of)
  return {
    id,
    type,
    created,
    livemode,
    ...(version === undefined || version.length > 64 ? {} : { api_version: version }),
    ...(account === undefined ? {} : { account }),
    ...(thin ? relatedObject(event) : snapshotObject(event)),
  }
}

function snapshotObject(event: JsonObject) {
  const data = field(event, 'data')
  const object = isObject(data) ? field(data, 'object') : undefined
  if (!isObject(object)) return {}
  const id = idOf(field(object, 'id'))
  const named = field(object, 'customer')
  const customer =
    field(object, 'object') === 'customer' ? id : idOf(isObject(named) ? field(named, 'id') : named)
  return { ...(id === undefined ? {} : { object_id: id }), ...(customer === undefined ? {} : { customer }) }
}

function relatedObject(event: JsonObject) {
  const related = field(event, 'related_object')
  const id = isObject(related) ? idOf(field(related, 'id')) : undefined
  if (!isObject(related) || id === undefined) return {}
  return { object_id: id, ...(field(related, 'type') === 'customer' ? { customer: id } : {}) }
}

/** What an object has itself: nothing comes from a prototype. */
function field(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Stripe's ids and names are short and printable. */
function idOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value) ? value : undefined
}

/** Of "org_…/acct_…" the account. */
function lastOf(context: string | undefined): string | undefined {
  return context?.slice(context.lastIndexOf('/') + 1)
}

/** Until the year 9999, as a database can hold. */
const latest = 253_402_300_799_999

function secondsOf(value: Json | undefined): number | undefined {
  const isTime =
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value * 1000 <= latest
  return isTime ? value * 1000 : undefined
}

function instantOf(value: Json | undefined): number | undefined {
  const text = idOf(value)
  const ms = text !== undefined && /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  return ms >= 0 && ms <= latest ? ms : undefined
}
