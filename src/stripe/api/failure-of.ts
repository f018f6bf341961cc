import { Stripe } from 'stripe'
import { StripeFailure } from './stripe-failure.ts'

const longestWaitMs = 3_600_000

/** What went wrong with an operation, in our words. Stripe's texts are left out: they quote keys and addresses. */
export function failureOf(error: unknown, operation: string, now: number): StripeFailure {
  if (error instanceof StripeFailure) return error
  if (!(error instanceof Stripe.errors.StripeError))
    return new StripeFailure('unavailable', `${operation}: no usable answer`)
  if (error instanceof Stripe.errors.StripeConnectionError)
    return new StripeFailure('unavailable', `${operation}: no answer${networkCode(error)}`)
  const { statusCode } = error
  const said = `${operation}: ${[statusCode, word(error.code ?? error.rawType), word(error.param), word(error.requestId)].filter(Boolean).join(' ')}`
  const wait = retryAfterMs(error.headers, now)
  if (statusCode === undefined || statusCode >= 500) return new StripeFailure('unavailable', said, wait)
  if (
    statusCode === 429 ||
    statusCode === 409 ||
    error.code === 'rate_limit' ||
    error.code === 'lock_timeout'
  )
    return new StripeFailure('limited', said, wait)
  if (statusCode === 404 || error.code === 'resource_missing') return new StripeFailure('missing', said)
  return new StripeFailure('refused', said, wait, statusCode === 401 || statusCode === 403)
}

/** Codes and names of parameters are words; anything else is not repeated. */
function word(text: unknown): string | undefined {
  return typeof text === 'string' && /^[a-z][a-z0-9_.[\]]{0,80}$/i.test(text) && !/^(sk|rk|whsec)_/.test(text)
    ? text
    : undefined
}

function networkCode(error: Error): string {
  let at: unknown = error
  for (let depth = 0; depth < 6 && typeof at === 'object' && at !== null; depth++) {
    const { code, detail, cause } = at as { code?: unknown; detail?: unknown; cause?: unknown }
    if (typeof code === 'string' && /^[A-Z][A-Z_]{2,40}$/.test(code)) return ` (${code})`
    at = detail ?? cause
  }
  return ''
}

function retryAfterMs(headers: unknown, now: number): number | undefined {
  const said = (headers as Readonly<Record<string, unknown>> | undefined)?.['retry-after']
  if (typeof said !== 'string') return undefined
  const ms = /^\d+(\.\d+)?$/.test(said) ? Number(said) * 1000 : Date.parse(said) - now
  return ms >= 0 ? Math.min(ms, longestWaitMs) : undefined
}
