import type { Caller, Role } from '#core/tenant-view.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'

/** What is stored of a key; its text is shown once by whoever generated it. */
export type StoredKey = { readonly id: string; readonly sha256: Uint8Array; readonly expires_at?: number }

/** A caller of the tenant, or of the platform under the platform's tenant; its id. */
export async function addCaller(
  tx: Tx,
  tenant: string,
  caller: {
    readonly name: string
    readonly kind: Caller['kind']
    readonly roles: readonly Role[]
    readonly certificate_sha256?: string
  },
): Promise<string> {
  const id = newId()
  const row = { tenant_id: tenant, id, ...caller, roles: [...caller.roles] }
  await tx`insert into vouchsafe.callers ${tx(row)}`
  return id
}

export async function addCallerKey(tx: Tx, tenant: string, caller: string, key: StoredKey): Promise<void> {
  const row = { tenant_id: tenant, id: key.id, caller_id: caller, sha256: Buffer.from(key.sha256) }
  const expires = key.expires_at === undefined ? null : new Date(key.expires_at)
  await tx`insert into vouchsafe.caller_keys ${tx({ ...row, expires_at: expires })}`
}

/** Final: a key that was disabled does not come back. */
export async function disableCallerKey(tx: Tx, tenant: string, id: string, now: number): Promise<void> {
  await tx`update vouchsafe.caller_keys set disabled_at = ${new Date(now)}
    where tenant_id = ${tenant} and id = ${id} and disabled_at is null`
}
