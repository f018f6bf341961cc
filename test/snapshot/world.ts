import fc from 'fast-check'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import type { Stand } from './stand.ts'

const count = 4
const many = () => Array.from({ length: count }, () => newId())

export type World = ReturnType<typeof idsOf> & { readonly tenant: string; readonly iss: string }

/** A tenant with a few of everything that grants need. */
export async function makeWorld(stand: Stand, key: string): Promise<World> {
  const tenant = await stand.tenant(key)
  const world = { ...idsOf(), tenant, iss: `https://${key}.test` }
  await stand.write(tenant, async (tx) => {
    for (const [n, id] of world.subjects.entries()) {
      await tx`insert into vouchsafe.subjects (tenant_id, id) values (${tenant}, ${id})`
      await tx`insert into vouchsafe.entitlements (tenant_id, id, key, combine) values (${tenant}, ${world.entitlements[n] ?? ''}, ${`e${n}`}, 'any')`
      const parent = n === 0 ? null : (world.organizations[n - 1] ?? null)
      await tx`insert into vouchsafe.organizations (tenant_id, id, key, parent_id) values (${tenant}, ${world.organizations[n] ?? ''}, ${`o${n}`}, ${parent})`
      await tx`insert into vouchsafe.seat_pools (tenant_id, id, organization_id, key) values (${tenant}, ${world.pools[n] ?? ''}, ${world.organizations[n] ?? ''}, 'p')`
      await tx`insert into vouchsafe.modules (tenant_id, key) values (${tenant}, ${`m${n}`})`
    }
  })
  return world
}

function idsOf() {
  return { subjects: many(), entitlements: many(), organizations: many(), pools: many() }
}

const pick = fc.integer({ min: 0, max: count - 1 })
export const step = fc.record({
  kind: fc.nat({ max: 15 }),
  a: pick,
  b: pick,
  flag: fc.boolean(),
  n: fc.nat({ max: 1_000_000 }),
})
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** One statement of a random history. Every kind is legal in every state. */
export async function doStep(tx: Tx, world: World, { kind, a, b, flag, n }: Step): Promise<void> {
  const { tenant } = world
  const at = (list: readonly string[], index: number) => list[index] ?? ''
  const [subject, entitlement] = [at(world.subjects, a), at(world.entitlements, b)]
  const [organization, pool] = [at(world.organizations, b), at(world.pools, b)]
  const when = new Date(1_700_000_000_000 + n)
  switch (kind) {
    case 0:
    case 1:
      await tx`
        insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, source_ref, starts_at, value, module, scope_organization_id)
        values (${tenant}, ${newId()}, ${subject}, ${entitlement}, 'admin', ${String(n)}, ${when}, ${flag ? tx.json({ n }) : null},
          ${flag ? `m${b}` : null}, ${kind === 1 ? organization : null})
        on conflict do nothing`
      return
    case 2:
      await tx`
        insert into vouchsafe.grants (tenant_id, id, organization_id, entitlement_id, source, starts_at, pool_id, effect)
        values (${tenant}, ${newId()}, ${organization}, ${at(world.entitlements, a)}, 'contract', ${when}, ${flag ? pool : null}, ${flag ? 'allow' : 'deny'})
        on conflict do nothing`
      return
    case 3:
      await tx`update vouchsafe.grants set revoked_at = ${flag ? when : null} where tenant_id = ${tenant} and entitlement_id = ${entitlement} and source_ref = ''`
      return
    case 4:
      await tx`update vouchsafe.grants set ends_at = starts_at + make_interval(secs => ${n + 1}), past_due_at = ${flag ? when : null} where tenant_id = ${tenant} and subject_id = ${subject}`
      return
    case 5:
      await tx`insert into vouchsafe.organization_members (tenant_id, organization_id, subject_id, role) values (${tenant}, ${organization}, ${subject}, ${flag ? 'admin' : 'member'})
        on conflict (tenant_id, organization_id, subject_id) do update set role = excluded.role`
      return
    case 6:
      await tx`delete from vouchsafe.organization_members where tenant_id = ${tenant} and subject_id = ${subject}`
      return
    case 7:
      await tx`insert into vouchsafe.seats (tenant_id, id, pool_id, subject_id, assigned_at) values (${tenant}, ${newId()}, ${pool}, ${subject}, ${when}) on conflict do nothing`
      return
    case 8:
      await tx`update vouchsafe.seats set released_at = ${when} where tenant_id = ${tenant} and subject_id = ${subject} and released_at is null`
      return
    case 9:
      await tx`insert into vouchsafe.facts (tenant_id, subject_id, key, value) values (${tenant}, ${subject}, ${`fact ${b}`}, ${tx.json(flag ? n : { n })})
        on conflict (tenant_id, subject_id, key) do update set value = excluded.value`
      return
    case 10:
      await tx`delete from vouchsafe.facts where tenant_id = ${tenant} and key = ${`fact ${b}`}`
      return
    case 11:
      await tx`insert into vouchsafe.experiment_assignments (tenant_id, subject_id, experiment, variant) values (${tenant}, ${subject}, ${`x${b}`}, ${flag ? 'on' : 'off'})
        on conflict (tenant_id, subject_id, experiment) do update set variant = excluded.variant`
      return
    case 12:
      await tx`update vouchsafe.subjects set tokens_not_before = ${flag ? when : null}, deleted_at = ${flag ? null : when} where tenant_id = ${tenant} and id = ${subject}`
      return
    case 13:
      await tx`insert into vouchsafe.identities (tenant_id, iss, sub, subject_id) values (${tenant}, ${world.iss}, ${`sub ${b}`}, ${subject})
        on conflict (tenant_id, iss, sub) do update set subject_id = excluded.subject_id`
      return
    case 14:
      await tx`delete from vouchsafe.identities where tenant_id = ${tenant} and sub = ${`sub ${b}`}`
      return
    default:
      await tx`update vouchsafe.entitlements set deny_as = ${flag ? 402 : 404}, archived_at = ${a === 0 ? when : null} where tenant_id = ${tenant} and id = ${entitlement}`
      await tx`update vouchsafe.organizations set parent_id = ${flag ? at(world.organizations, 0) : null} where tenant_id = ${tenant} and id = ${at(world.organizations, Math.max(1, a))}`
  }
}

export const identitiesOf = (world: World) => [0, 1, 2, 3].map((n) => ({ iss: world.iss, sub: `sub ${n}` }))
