import type { Holder } from '#admin/resolve-holder.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { type CustomerName, isOwn } from './customer-name.ts'

/** Whom a customer stands for. */
export type Binding = {
  readonly holder: Holder
  readonly bound_by: 'checkout' | 'admin'
  /** ms. */
  readonly bound_at: number
}

export async function readBinding(tx: Tx, customer: CustomerName): Promise<Binding | undefined> {
  const [row] = await tx<(Holder & Omit<Binding, 'holder'>)[]>`
    select o.subject_id, o.organization_id, o.bound_by, o.bound_at
    from vouchsafe.stripe_customers o where ${isOwn(tx, customer)}`
  if (!row) return undefined
  const { subject_id, organization_id, bound_by, bound_at } = row
  return { holder: { subject_id, organization_id }, bound_by, bound_at }
}

export async function writeBinding(tx: Tx, name: CustomerName, binding: Binding): Promise<void> {
  const { tenant: tenant_id, account: account_id, customer } = name
  const { holder, bound_by, bound_at } = binding
  const row = { ...holder, bound_by, bound_at: new Date(bound_at) }
  await tx`insert into vouchsafe.stripe_customers
    ${tx({ tenant_id, id: newId(bound_at), account_id, customer, ...row })}`
}

export function isSameHolder(one: Holder, other: Holder): boolean {
  return one.subject_id === other.subject_id && one.organization_id === other.organization_id
}
