import { Counter, type Registry } from 'prom-client'

/** Tokens, keys and claims. Causes and outcomes are closed lists of identity's own, so they need no bound. */
export function createIdentityMetrics(registry: Registry) {
  const registers = [registry]
  const cache = new Counter({
    name: 'vouchsafe_token_cache_total',
    help: 'Look-ups in the verified-token cache: hit, miss, or joined (one verification for several askers).',
    labelNames: ['outcome'],
    registers,
  })
  const refused = new Counter({
    name: 'vouchsafe_tokens_refused_total',
    help: 'Tokens refused, by cause.',
    labelNames: ['cause'],
    registers,
  })
  const fetches = new Counter({
    name: 'vouchsafe_jwks_fetches_total',
    help: 'Downloads of identity providers’ keys: ok, failed, or junk (answered with something unusable).',
    labelNames: ['outcome'],
    registers,
  })
  const dropped = new Counter({
    name: 'vouchsafe_claims_dropped_total',
    help: 'Claim values that were malformed or unknown and therefore not believed, by kind.',
    labelNames: ['kind'],
    registers,
  })
  const foreign = new Counter({
    name: 'vouchsafe_cross_tenant_tries_total',
    help: 'Calls and tokens refused because the tenant they name is unknown or not the caller’s.',
    registers,
  })
  const children = {
    hit: cache.labels('hit'),
    miss: cache.labels('miss'),
    joined: cache.labels('joined'),
  }
  return {
    tokenCache: (outcome: 'hit' | 'miss' | 'joined'): void => children[outcome].inc(),
    tokenRefused: (cause: string): void => refused.labels(cause).inc(),
    crossTenant: (): void => foreign.inc(),
    keyFetch: (outcome: 'ok' | 'failed' | 'junk'): void => fetches.labels(outcome).inc(),
    claimsDropped: (kind: string, count: number): void => dropped.labels(kind).inc(count),
  }
}
