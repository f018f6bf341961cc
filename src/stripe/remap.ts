import type { By } from '#admin/grant-types.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { markCustomers } from './mark-customers.ts'
import { nobodyYet, type Place, remapSome } from './remap-some.ts'

/** So many are done at once, within the time of one statement of a client; the others soon after, a slice at a time. */
const mostAtOnce = 500

/**
 * Applies what is mapped now to what was fetched last of all who bought one of these: ids of prices and products, lookup
 * keys, features. Answers how many were done at once, who are fetched again as well. The others are written down, in the
 * same transaction: applyRemaps sees to them.
 */
export async function remap(
  tx: Tx,
  scope: By & { readonly now: number },
  external_ids: readonly string[],
): Promise<number> {
  const everybody = await isFirstFeature(tx, scope.tenant, external_ids)
  const asked = { external_ids, everybody, after: nobodyYet, count: mostAtOnce }
  const { done, last } = await remapSome(tx, scope, asked)
  for (const [account, customers] of Map.groupBy(done, (each) => each.account)) {
    const place = { tenant: scope.tenant, account }
    await markCustomers(
      tx,
      place,
      customers.map(({ customer }) => customer),
      new Date(scope.now),
    )
  }
  if (last) await writeDown(tx, scope, { external_ids, everybody }, last)
  return done.length
}

/** Features were not even asked for while none was mapped: then nobody knows who has them. */
async function isFirstFeature(tx: Tx, tenant: string, external_ids: readonly string[]): Promise<boolean> {
  const [row] = await tx<{ first: boolean | null }[]>`
    select bool_and(external_id = any(${external_ids as string[]})) as first
    from vouchsafe.price_mappings where tenant_id = ${tenant} and match = 'feature'`
  return row?.first ?? false
}

async function writeDown(
  tx: Tx,
  { tenant, now }: By & { readonly now: number },
  { external_ids, everybody }: { readonly external_ids: readonly string[]; readonly everybody: boolean },
  { account, customer }: Place,
): Promise<void> {
  await tx`
    insert into vouchsafe.stripe_remaps (tenant_id, id, external_ids, everybody, account_id, customer)
    values (${tenant}, ${newId(now)}, ${external_ids as string[]}, ${everybody}, ${account}, ${customer})`
}
