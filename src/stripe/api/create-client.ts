import { Stripe } from 'stripe'

export type ClientOptions = {
  readonly key: string
  /** Instead of Stripe's own address. */
  readonly base?: URL | undefined
  readonly timeoutMs: number
  readonly fetch: typeof fetch
}

/** The package's client: its API version, none of its retries, for those that wait hold up others. */
export function createClient({ key, base, timeoutMs, fetch }: ClientOptions): Stripe {
  return new Stripe(key, {
    httpClient: Stripe.createFetchHttpClient(fetch),
    timeout: timeoutMs,
    maxNetworkRetries: 0,
    telemetry: false,
    ...(base && {
      host: base.hostname,
      port: base.port || (base.protocol === 'http:' ? '80' : '443'),
      protocol: base.protocol === 'http:' ? ('http' as const) : ('https' as const),
    }),
  })
}
