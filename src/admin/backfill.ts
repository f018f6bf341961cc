import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import type { Scope } from './command.ts'

export type Backfilled = {
  /** How many got a right of their own. */
  readonly backfilled: number
  /** How many got none, because such a right was taken from them before (S001-48). */
  readonly withheld: number
}

type OpenProduct = { readonly id: string; readonly key: string; readonly surfaces: ReadonlySet<string> }

const batchSize = 5000

/**
 * Gives everyone who has access to an open product a right to it, everlasting and in every organization and module:
 * what else a decision asks of them stays as it is, so that they keep exactly what they had.
 */
export async function backfill(
  tx: Tx,
  scope: Scope,
  product: OpenProduct,
  reason: string,
): Promise<Backfilled> {
  const total = { backfilled: 0, withheld: 0 }
  let batch: string[] = []
  const flush = async () => {
    const { backfilled, withheld } = await give(tx, scope, product.id, batch, reason)
    total.backfilled += backfilled
    total.withheld += withheld
    batch = []
  }
  for await (const subject of scope.whoHas(tx, { product: product.key, surface: ordinary(product) })) {
    if (batch.push(subject) === batchSize) await flush()
  }
  if (batch.length > 0) await flush()
  return total
}

/** A surface that is as open as the product itself. */
function ordinary({ surfaces }: OpenProduct): string {
  let surface = 'use'
  while (surfaces.has(surface)) surface = `${surface.slice(0, 60)}-x`
  return surface
}

async function give(
  tx: Tx,
  { tenant, actor, now }: Scope,
  product: string,
  subjects: readonly string[],
  reason: string,
): Promise<Backfilled> {
  const ids = subjects.map(() => newId(now))
  const at = new Date(now)
  const [counts] = await tx<Backfilled[]>`
    with asked as (
      select u.id, u.subject,
        bool_or(g.revoked_at is null and g.source = 'backfill' and g.effect = 'allow' and g.access = 'full'
          and g.starts_at <= ${at} and g.ends_at is null) as has,
        bool_or(g.revoked_at is not null and g.source <> 'stripe' and g.effect <> 'deny') and not
          bool_or(g.revoked_at is null and g.effect <> 'deny' and g.starts_at <= ${at}
            and (g.ends_at is null or g.ends_at > ${at})) as withheld
      from unnest(${ids as string[]}::uuid[], ${subjects as string[]}::uuid[]) u (id, subject)
      left join vouchsafe.grants g on g.tenant_id = ${tenant} and g.subject_id = u.subject and g.product_id = ${product}
        and g.scope_organization_id is null and g.module is null
      group by u.id, u.subject
    ), made as (
      insert into vouchsafe.grants
        (tenant_id, id, subject_id, product_id, source, reason, starts_at, granted_by, granted_at)
      select ${tenant}, id, subject, ${product}, 'backfill', ${reason}, ${at}, ${actor}, ${at}
      from asked where has is not true and withheld is not true
      returning 1
    )
    select (select count(*) from made)::integer as backfilled,
      (select count(*) from asked where withheld)::integer as withheld`
  return counts ?? { backfilled: 0, withheld: 0 }
}
