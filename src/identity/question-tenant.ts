import { AppError } from '#core/errors.ts'
import type { Caller, Snapshot, TenantView } from '#core/tenant-view.ts'

type Needs = { readonly snapshot: Pick<Snapshot, 'tenant'> }

export type TenantClues = {
  /** Tenant id of the verified token, if the question has one. */
  readonly tokenTenant?: string | undefined
  /** Id or key as sent in the question; empty counts as not sent. */
  readonly named?: string | undefined
}

/**
 * The tenant of a question: the caller's own; for a platform caller the verified token's, or else the one it names.
 * A tenant that is unknown, suspended or another's is refused with one and the same answer, TENANT_MISMATCH.
 */
export function createTenantRule(needs: Needs): { tenantOf(caller: Caller, clues: TenantClues): TenantView } {
  return {
    tenantOf(caller, clues) {
      const named = clues.named === '' ? undefined : clues.named
      const wanted = caller.tenant ?? clues.tokenTenant ?? named
      if (wanted === undefined) {
        throw new AppError('INVALID_FIELD', 'A caller of the platform must name the tenant.', {
          field: 'tenant',
          rule: 'required',
        })
      }
      const view = needs.snapshot.tenant(wanted)
      if (view === undefined || !view.catalogue.tenant.active) throw mismatch()
      // A caller's own tenant and a token's are ids; a key that happens to look like one must not stand for it.
      if (caller.tenant !== undefined && caller.tenant !== view.id) throw mismatch()
      if (clues.tokenTenant !== undefined && clues.tokenTenant !== view.id) throw mismatch()
      if (named !== undefined && named !== view.id && named !== view.catalogue.tenant.key) throw mismatch()
      return view
    },
  }
}

function mismatch(): AppError {
  return new AppError('TENANT_MISMATCH', 'The tenant is unknown, or not the caller’s.')
}
