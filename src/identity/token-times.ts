import type { Json, JsonObject } from '#core/json.ts'
import { refusal } from './refusal.ts'

/** The end of the year 9999, in seconds: beyond it a number is no date but milliseconds or a trick. */
const lastSecond = 253_402_300_799

/**
 * What exp and iat say, in ms. `now` in ms, `tolerance` in seconds. exp itself was compared already; an iat in the
 * future or after exp is refused, since revocation compares against it.
 */
export function tokenTimes(
  claims: JsonObject,
  clock: { readonly now: number; readonly tolerance: number },
): { readonly issued_at: number; readonly expires_at: number } {
  const exp = secondsOf(claims.exp)
  const iat = claims.iat === undefined ? 0 : secondsOf(claims.iat)
  if (iat * 1000 > clock.now + clock.tolerance * 1000) throw refusal('not_yet')
  if (iat > exp) throw refusal('malformed')
  return { issued_at: Math.floor(iat * 1000), expires_at: Math.floor(exp * 1000) }
}

function secondsOf(value: Json | undefined): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || value > lastSecond)
    throw refusal('malformed')
  return value
}
