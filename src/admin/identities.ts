import { AppError } from '#core/errors.ts'
import type { Tx } from '#postgres/pool.ts'
import { checkIdentity } from './check-identity.ts'

export type IdentityDocument = {
  readonly issuer: string
  readonly subject: string
  /** Empty for none. */
  readonly email: string
}

/**
 * Says that an identity is this subject's too; false where it was, with the same e-mail address. Another's: AppError
 * ALREADY_EXISTS, which does not say whose.
 */
export async function addIdentity(
  tx: Tx,
  tenant: string,
  id: string,
  identity: IdentityDocument,
): Promise<boolean> {
  const { issuer: iss, subject: sub } = identity
  checkIdentity('identity', identity)
  const email = identity.email || null
  const row = { tenant_id: tenant, iss, sub, subject_id: id, email }
  const written = await tx`
    insert into vouchsafe.identities ${tx(row)} on conflict (tenant_id, iss, sub)
    do update set email = excluded.email
      where identities.subject_id = excluded.subject_id and identities.email is distinct from excluded.email`
  if (written.count > 0) return true
  const own = await tx`select from vouchsafe.identities
    where tenant_id = ${tenant} and iss = ${iss} and sub = ${sub} and subject_id = ${id}`
  if (own.length > 0) return false
  throw new AppError('ALREADY_EXISTS', 'The identity is taken.', { issuer: iss, subject: sub })
}

/** False where it was none of the subject's. */
export async function removeIdentity(
  tx: Tx,
  tenant: string,
  id: string,
  identity: { readonly issuer: string; readonly subject: string },
): Promise<boolean> {
  const gone = await tx`delete from vouchsafe.identities
    where tenant_id = ${tenant} and iss = ${identity.issuer} and sub = ${identity.subject} and subject_id = ${id}`
  return gone.count > 0
}
