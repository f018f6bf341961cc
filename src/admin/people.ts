import type { Json } from '#core/json.ts'
import type { SubjectRow } from '#core/tenant-view.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { addIdentity } from './identities.ts'

export type NewSubject = {
  readonly kind?: SubjectRow['kind']
  readonly identities?: readonly { readonly iss: string; readonly sub: string; readonly email?: string }[]
}

/** A person or service and the names identity providers have for them; its id. A name that is taken: ALREADY_EXISTS. */
export async function addSubject(tx: Tx, tenant: string, subject: NewSubject = {}): Promise<string> {
  const id = newId()
  const { kind = 'user', identities = [] } = subject
  await tx`insert into vouchsafe.subjects ${tx({ tenant_id: tenant, id, kind })}`
  // In one order for all who do this, or two who share two identities wait for each other.
  const sorted = identities.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  for (const { iss, sub, email = '' } of sorted)
    await addIdentity(tx, tenant, id, { issuer: iss, subject: sub, email })
  return id
}

function nameOf({ iss, sub }: { readonly iss: string; readonly sub: string }): string {
  return JSON.stringify([iss, sub])
}

/** Tokens issued before this moment (ms) are not believed from here on. It never goes back; false where it would. */
export async function revokeTokens(
  tx: Tx,
  tenant: string,
  subject: string,
  before: number,
): Promise<boolean> {
  const at = new Date(before)
  const set = await tx`update vouchsafe.subjects set tokens_not_before = ${at}
    where tenant_id = ${tenant} and id = ${subject} and (tokens_not_before is null or tokens_not_before < ${at})`
  return set.count > 0
}

/** False where it was so already. */
export async function setFact(
  tx: Tx,
  tenant: string,
  subject: string,
  key: string,
  value: Json,
): Promise<boolean> {
  const set = await tx`insert into vouchsafe.facts (tenant_id, subject_id, key, value)
    values (${tenant}, ${subject}, ${key}, ${tx.json(value as never)})
    on conflict (tenant_id, subject_id, key) do update set value = excluded.value, at = excluded.at
      where facts.value is distinct from excluded.value`
  return set.count > 0
}

/** False where it was so already. */
export async function assignVariant(
  tx: Tx,
  tenant: string,
  subject: string,
  experiment: string,
  variant: string,
): Promise<boolean> {
  const set =
    await tx`insert into vouchsafe.experiment_assignments (tenant_id, subject_id, experiment, variant)
    values (${tenant}, ${subject}, ${experiment}, ${variant})
    on conflict (tenant_id, subject_id, experiment) do update set variant = excluded.variant
      where experiment_assignments.variant <> excluded.variant`
  return set.count > 0
}
