import type { Tx } from '#postgres/pool.ts'

export type Place = {
  readonly tenant: string
  /** The account's row. */
  readonly account: string
}

/** Marks these; one that waits for its next try goes on waiting. In an order that all who mark keep. */
export async function markCustomers(
  tx: Tx,
  { account }: Place,
  objects: readonly string[],
  at: Date,
): Promise<void> {
  const sorted = [...new Set(objects)].sort()
  if (sorted.length === 0) return
  await tx`select vouchsafe.mark_stripe(${account}, object, ${at}) from unnest(${sorted}::text[]) object`
}

/** Marks these, and whatever they waited for, it is their turn. */
export async function markNow(tx: Tx, place: Place, objects: readonly string[], at: Date): Promise<void> {
  await markCustomers(tx, place, objects, at)
  const { tenant, account } = place
  await tx`
    update vouchsafe.stripe_marks set due_at = ${at}
    where tenant_id = ${tenant} and account_id = ${account} and object = any(${objects as string[]}::text[]) and due_at > ${at}`
}
