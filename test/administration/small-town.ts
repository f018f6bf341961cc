import fc from 'fast-check'
import type { Scope } from '#admin/command.ts'
import { addMember, addOrganization, addSeatPool, removeMember } from '#admin/organizations.ts'
import { addSubject, assignVariant, setFact } from '#admin/people.ts'
import { restrictProduct } from '#admin/products.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import {
  addEntitlement,
  addModule,
  addPlan,
  addProduct,
  addResource,
  publishPlan,
} from '#test/fixtures/catalogue.ts'
import { insertGrant } from './academy.ts'

/** A tenant with a few of everything that decides an answer. */
export type Town = Awaited<ReturnType<typeof makeTown>>

export async function makeTown(tx: Tx, tenant: string) {
  const entitlements: Record<string, string> = {}
  const define = async (key: string, more: object = {}) => {
    entitlements[key] = await addEntitlement(tx, tenant, { key, combine: 'any', ...more })
  }
  await define('member')
  await define('docs')
  await define('docs_more')
  await define('docs_any', { families: ['docs_m*'] })
  await define('report', { requires: ['docs'] })
  await define('step', { requires_facts: ['done:one'] })
  await define('trial', { experiment: { key: 'x', variants: ['b'] } })
  await addModule(tx, tenant, { key: 'main' })
  await addModule(tx, tenant, { key: 'club', member_entitlement: 'member' })
  const products = [
    await addProduct(tx, tenant, { key: 'course' }),
    await addProduct(tx, tenant, {
      key: 'lab',
      surfaces: [
        { surface: 'download', open: false, deny_as: 0 },
        { surface: 'docs', open: true, deny_as: 0 },
      ],
    }),
  ]
  await addResource(tx, tenant, { kind: 'content', key: 'page' })
  await addResource(tx, tenant, { kind: 'content', key: 'chapter', entitlement: 'docs' })
  await addPlan(tx, tenant, { key: 'basic', kind: 'base' })
  await addPlan(tx, tenant, { key: 'free', kind: 'tier' })
  const versions = [
    await publishPlan(tx, tenant, 'basic', [{ entitlement: 'docs' }, { product: 'course' }]),
    await publishPlan(tx, tenant, 'free', [{ entitlement: 'member' }]),
  ]
  await tx`update vouchsafe.tenants set default_module = 'main', default_tier = 'free' where tenant_id = ${tenant}`
  const root = await addOrganization(tx, tenant, { key: 'root' })
  const left = await addOrganization(tx, tenant, { key: 'left', parent: root })
  const right = await addOrganization(tx, tenant, { key: 'right', parent: root })
  const organizations = [root, left, right]
  const pools: string[] = []
  for (const organization of organizations)
    pools.push(await addSeatPool(tx, tenant, { organization, key: 'seats' }))
  await tx`update vouchsafe.seat_pools set on_shrink = 'suspend_newest' where tenant_id = ${tenant} and id = ${pools[1] ?? ''}`
  const subjects: string[] = []
  for (let n = 0; n < 6; n++) subjects.push(await addSubject(tx, tenant))
  for (const [n, subject] of subjects.entries()) {
    const organization = organizations[n]
    if (organization) await addMember(tx, tenant, { organization, subject })
  }
  const { member = '', docs = '', report = '' } = entitlements
  const [first = ''] = versions
  await insertGrant(tx, tenant, { organization_id: root, entitlement_id: member })
  await insertGrant(tx, tenant, {
    organization_id: left,
    entitlement_id: docs,
    pool_id: pools[1] ?? '',
    quantity: 1,
  })
  for (const [n, target] of [
    { entitlement_id: member },
    { entitlement_id: docs },
    { plan_version_id: first },
    { product_id: products[1] ?? '' },
    { entitlement_id: report },
  ].entries())
    await insertGrant(tx, tenant, { subject_id: subjects[n === 4 ? 3 : n + 2] ?? '', ...target })
  return {
    tenant,
    entitlements: Object.values(entitlements),
    products,
    versions,
    organizations,
    pools,
    subjects,
  }
}

export const questions = [
  ...['member', 'docs', 'docs_more', 'docs_any', 'report', 'step', 'trial'].map((entitlement) => ({
    entitlement,
  })),
  { entitlement: 'use', resource: { kind: 'product', id: 'course' } },
  ...['use', 'download', 'docs'].map((entitlement) => ({
    entitlement,
    resource: { kind: 'product', id: 'lab' } as const,
  })),
  { entitlement: 'view', resource: { kind: 'content', id: 'page' } },
] as const

export const order = fc.record({
  kind: fc.nat({ max: 17 }),
  a: fc.nat({ max: 5 }),
  b: fc.nat({ max: 2 }),
  c: fc.nat({ max: 6 }),
  d: fc.nat({ max: 2 }),
  flag: fc.boolean(),
  other: fc.boolean(),
})
export type Order = typeof order extends fc.Arbitrary<infer T> ? T : never

/** Something an administrator may do. Every kind is legal in every state, and does the same when done again from there. */
export async function obey(
  tx: Tx,
  town: Town,
  scope: Scope,
  { kind, a, b, c, d, flag, other }: Order,
): Promise<void> {
  const { tenant } = town
  const at = (list: readonly string[], n: number) => list[n % list.length] ?? ''
  const subject = at(town.subjects, a)
  const organization = at(town.organizations, b)
  const pool = at(town.pools, b)
  const started = new Date(scope.now - 60_000)
  const [column, target] = (
    [
      ['entitlement_id', at(town.entitlements, c)],
      ['product_id', at(town.products, c)],
      ['plan_version_id', at(town.versions, c)],
    ] as const
  )[d] ?? ['', '']
  const terms = {
    [column]: target,
    starts_at: started,
    source_ref: newId(),
    ...(other && { module: 'club' }),
  }
  switch (kind) {
    case 0:
    case 1:
    case 2:
      await restrictProduct(tx, scope, { product: flag ? 'course' : 'lab', requires_entitlement: kind !== 0 })
      return
    case 3:
      await publishPlan(tx, tenant, flag ? 'basic' : 'free', [
        { entitlement: other ? 'docs_more' : 'member' },
        ...(b === 0 ? [{ product: 'course' }] : []),
      ])
      return
    case 4:
    case 5:
      await insertGrant(tx, tenant, { ...terms, subject_id: subject, effect: kind === 4 ? 'allow' : 'deny' })
      return
    case 6:
      await insertGrant(tx, tenant, { ...terms, subject_id: subject, scope_organization_id: organization })
      return
    case 7:
    case 8:
      await insertGrant(tx, tenant, {
        ...terms,
        organization_id: organization,
        effect: kind === 7 ? 'allow' : 'deny',
        ...(flag && { pool_id: pool, quantity: 1 }),
      })
      return
    case 9:
      await tx`update vouchsafe.grants set revoked_at = ${new Date(scope.now)}
        where tenant_id = ${tenant} and revoked_at is null
          and ${flag ? tx`subject_id = ${subject}` : tx`organization_id = ${organization}`}`
      return
    case 10:
      await addMember(tx, tenant, { organization, subject })
      return
    case 11:
      await removeMember(tx, tenant, { organization, subject })
      return
    case 12:
      await tx`insert into vouchsafe.seats ${tx({ tenant_id: tenant, id: newId(), pool_id: pool, subject_id: subject, assigned_at: new Date(scope.now - a * 1000) })}
        on conflict do nothing`
      return
    case 13:
      await tx`update vouchsafe.seats set released_at = ${started}
        where tenant_id = ${tenant} and pool_id = ${pool} and released_at is null and subject_id = ${subject}`
      return
    case 14:
      if (flag) await setFact(tx, tenant, subject, 'done:one', other)
      else await assignVariant(tx, tenant, subject, 'x', other ? 'b' : 'a')
      return
    case 15:
      await tx`update vouchsafe.tenants set default_tier = ${flag ? 'free' : null} where tenant_id = ${tenant}`
      return
    case 16:
      await tx`update vouchsafe.modules set member_entitlement = ${flag ? 'member' : 'docs'} where tenant_id = ${tenant} and key = 'club'`
      return
    default:
      await tx`update vouchsafe.entitlements set requires = ${flag ? ['docs'] : []}
        where tenant_id = ${tenant} and id = ${at(town.entitlements, 4 + b)}`
      await tx`update vouchsafe.organizations set parent_id = ${other ? at(town.organizations, 0) : null}
        where tenant_id = ${tenant} and id = ${at(town.organizations, 2)}`
  }
}
