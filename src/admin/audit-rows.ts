import type { Fragment } from '#postgres/fragment.ts'
import type { Tx } from '#postgres/pool.ts'

export type AuditChangeDocument = {
  readonly revision: number
  readonly at: string
  /** Empty where it was erased. */
  readonly actor: string
  /** Of a caller of the tenant. */
  readonly actor_name: string
  readonly action: string
  readonly reason: string
  readonly cause: string
  readonly effects: number
  /** Of the first 10 000 effects. */
  readonly tables: readonly string[]
  /** Who and why were erased with a person. */
  readonly erased: boolean
}

/** Changes as people read them, over `c`. */
export function selectChanges(tx: Tx): Fragment {
  return tx`
    select c.revision, to_jsonb(c.at) as at, coalesce(c.actor, '') as actor, coalesce(k.name, '') as actor_name, c.action,
      coalesce(c.reason, '') as reason, coalesce(c.cause, '') as cause, c.effects, c.header_salt is null as erased,
      array(
        select distinct first.table_name from (
          (select e.table_name from vouchsafe.effect e
            where e.tenant_id = c.tenant_id and e.epoch = c.epoch and e.xid = c.xid order by e.ordinal limit 10000)
          union all
          select p.table_name from vouchsafe.effect_pack p
            where p.tenant_id = c.tenant_id and p.epoch = c.epoch and p.xid = c.xid
        ) first order by 1
      ) as tables
    from vouchsafe.change c left join vouchsafe.callers k on k.tenant_id = c.tenant_id and k.id::text = c.actor`
}

/** What is a secret even as a hash is not shown, in any image. `image` is a column. */
export function shownImage(tx: Tx, image: string): Fragment {
  return tx`${tx(image)} - '{sha256,code_sha256}'::text[]`
}
