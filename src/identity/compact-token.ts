import type { Json, JsonObject } from '#core/json.ts'
import { refusal } from './refusal.ts'

/** A token taken apart but not yet believed. */
export type CompactToken = {
  readonly header: JsonObject
  readonly claims: JsonObject
  readonly algorithm: string
  readonly kid?: string
}

export const maxTokenLength = 8192
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Refuses by shape alone what must not even be parsed: too long, encrypted (five parts), not three parts. */
export function checkTokenShape(text: string): void {
  if (text.length === 0 || text.length > maxTokenLength) throw refusal('malformed')
  const first = text.indexOf('.')
  const second = text.indexOf('.', first + 1)
  if (first < 1 || second < 0 || second === text.length - 1 || text.includes('.', second + 1)) {
    throw refusal('malformed')
  }
}

/** Parses header and claims, strictly. Keys or key addresses in the header (jwk, jku, x5u, x5c) are not looked at. */
export function parseCompactToken(text: string): CompactToken {
  checkTokenShape(text)
  const [headerPart = '', claimsPart = '', signaturePart = ''] = text.split('.')
  const header = parseObject(headerPart)
  const claims = parseObject(claimsPart)
  decode(signaturePart)
  // No extension is understood here, so any critical one is refused, and unencoded payloads with them.
  if (Object.hasOwn(header, 'crit') || (Object.hasOwn(header, 'b64') && header.b64 !== true)) {
    throw refusal('malformed')
  }
  const { alg, kid } = header
  if (typeof alg !== 'string') throw refusal('algorithm')
  if (kid !== undefined && typeof kid !== 'string') throw refusal('key')
  return { header, claims, algorithm: alg, ...(kid === undefined ? {} : { kid }) }
}

function parseObject(part: string): JsonObject {
  const bytes = decode(part)
  let value: Json
  try {
    value = JSON.parse(utf8.decode(bytes)) as Json
  } catch {
    throw refusal('malformed')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refusal('malformed')
  return value as JsonObject
}

/** Only the one canonical spelling: no padding, blanks, line breaks, other alphabet or loose bits at the end. */
function decode(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url')
  if (bytes.length === 0 || bytes.toString('base64url') !== part) throw refusal('malformed')
  return bytes
}
