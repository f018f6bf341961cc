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
/** May change rights in all of its tenant. */
export const granters: readonly Role[] = ['operator', 'tenant_admin']
/** May read rights as they are stored. */
export const grantReaders: readonly Role[] = [...granters, 'auditor']
/** May change what commands keep within a delegate's reach. */
export const delegators: readonly Role[] = [...granters, 'delegate']
/** May read the same. */
export const delegateReaders: readonly Role[] = [...grantReaders, 'delegate']
