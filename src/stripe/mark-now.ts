import type { Tx } from '#postgres/pool.ts'

type Place = {
  readonly tenant: string
  /** The account's row. */
  readonly account: string
}

/** Marks these, now: whatever they waited for. In an order that all who mark keep. */
export async function markNow(
  tx: Tx,
  { tenant, account }: Place,
  objects: readonly string[],
  at: Date,
): Promise<void> {
  if (objects.length === 0) return
  const sorted = [...objects].sort()
  await tx`select vouchsafe.mark_stripe(${account}, object, ${at}) from unnest(${sorted}::text[]) object`
  await tx`
    update vouchsafe.stripe_marks set due_at = ${at}
    where tenant_id = ${tenant} and account_id = ${account} and object = any(${sorted}::text[]) and due_at > ${at}`
}
