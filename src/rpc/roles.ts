import type { Role } from '#core/tenant-view.ts'

/** May ask at all, about the bearer of a token. */
export const askers: readonly Role[] = [
  'operator',
  'tenant_admin',
  'delegate',
  'service',
  'worker',
  'gateway',
  'auditor',
]
/** May name a principal without its token. */
export const askersOnBehalf: readonly Role[] = [
  'operator',
  'tenant_admin',
  'service',
  'worker',
  'gateway',
  'auditor',
]
/**
 * May change rights in its tenant. A delegate may only within its own organizations, and the commands do not know
 * those limits yet: until they do it is refused rather than given the whole tenant.
 */
export const granters: readonly Role[] = ['operator', 'tenant_admin']
/** May read rights as they are stored. */
export const grantReaders: readonly Role[] = [...granters, 'auditor']
