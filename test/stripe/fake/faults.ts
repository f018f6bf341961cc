import { StripeRefusal } from './refusal.ts'

/** Answered instead: a status; `cut` closes the connection at once, `half` in the middle of the body; `hang` never answers. */
export type Fault = number | 'cut' | 'half' | 'hang'

/** What goes wrong between us and Stripe. */
export function createFaults() {
  let lasting: Fault | undefined
  let retryAfter: number | undefined
  let latency = 0
  let once: { readonly path: string; readonly fault: Fault; skip: number }[] = []
  return {
    /** Every request, until up(). */
    down: (fault: Fault = 'cut'): void => {
      lasting = fault
    },
    up: (): void => {
      lasting = undefined
      latency = 0
      once = []
    },
    /** Too many requests, until up(). Seconds to wait are said where they are given. */
    limit: (status = 429, seconds?: number): void => {
      lasting = status
      retryAfter = seconds
    },
    /** Each answer that is none of the faults takes so long. */
    latency: (ms: number): void => {
      latency = ms
    },
    /** The next request whose path begins so, after `skip` others that do. */
    failOnce: (path: string, fault: Fault = 500, skip = 0): void => {
      once.push({ path, fault, skip })
    },
    wait: (): number => latency,
    next: (path: string): Fault | undefined => {
      const due = once.find((each) => path.startsWith(each.path))
      if (due && due.skip-- <= 0) {
        once = once.filter((each) => each !== due)
        return due.fault
      }
      return lasting
    },
    refusal: (status: number): StripeRefusal => {
      if (status === 429)
        return new StripeRefusal(429, { code: 'rate_limit', message: 'Too many requests' }, retryAfter)
      if (status === 401) return new StripeRefusal(401, { message: 'Invalid API Key provided' })
      if (status >= 500)
        return new StripeRefusal(status, { type: 'api_error', message: 'Something went wrong' })
      return new StripeRefusal(status, { message: 'Refused' })
    },
  }
}

export type Faults = ReturnType<typeof createFaults>
