import type { Json } from '#core/json.ts'
import type { SubjectRow } from '#core/tenant-view.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'

export type NewSubject = {
  readonly kind?: SubjectRow['kind']
  readonly identities?: readonly { readonly iss: string; readonly sub: string; readonly email?: string }[]
}

/** A person or service and the names identity providers have for them; its id. */
export async function addSubject(tx: Tx, tenant: string, subject: NewSubject = {}): Promise<string> {
  const id = newId()
  const { kind = 'user', identities = [] } = subject
  await tx`insert into vouchsafe.subjects ${tx({ tenant_id: tenant, id, kind })}`
  for (const identity of identities) {
    await tx`insert into vouchsafe.identities ${tx({ tenant_id: tenant, subject_id: id, ...identity })}`
  }
  return id
}

/** Tokens issued before this moment (ms) are not believed from here on. */
export async function revokeTokens(tx: Tx, tenant: string, subject: string, before: number): Promise<void> {
  await tx`update vouchsafe.subjects set tokens_not_before = ${new Date(before)} where tenant_id = ${tenant} and id = ${subject}`
}

export async function setFact(
  tx: Tx,
  tenant: string,
  subject: string,
  key: string,
  value: Json,
): Promise<void> {
  await tx`insert into vouchsafe.facts (tenant_id, subject_id, key, value)
    values (${tenant}, ${subject}, ${key}, ${tx.json(value as never)})
    on conflict (tenant_id, subject_id, key) do update set value = excluded.value, at = excluded.at
      where facts.value is distinct from excluded.value`
}

export async function assignVariant(
  tx: Tx,
  tenant: string,
  subject: string,
  experiment: string,
  variant: string,
): Promise<void> {
  await tx`insert into vouchsafe.experiment_assignments (tenant_id, subject_id, experiment, variant)
    values (${tenant}, ${subject}, ${experiment}, ${variant})
    on conflict (tenant_id, subject_id, experiment) do update set variant = excluded.variant`
}
