import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMember } from '#admin/organizations.ts'
import { addSubject } from '#admin/people.ts'
import { AuditService } from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import { ProductService } from '#gen/vouchsafe/admin/v1/product_service_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { type Academy, insertGrant, makeAcademy } from './academy.ts'
import { answersOf, differences } from './answers.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const { restrictProduct } = ProductService.method
const restrict = ({ tenant }: Academy, product: string, more: object = {}) =>
  server.operator.call(restrictProduct)({ product, requiresEntitlement: true, tenant, ...more })
const open = ({ tenant }: Academy, product: string) =>
  server.operator.call(restrictProduct)({ product, requiresEntitlement: false, tenant })

const use = (product: string) => [{ entitlement: 'use', product }]
const everybody = ({ people }: Academy) => Object.values(people).flat()
const answers = (academy: Academy, product: string, revision: string) =>
  answersOf(server, academy.tenant, revision, {
    subjects: everybody(academy),
    questions: use(product),
    organizations: [undefined, academy.company, academy.team],
  })
const grantsOf = (tenant: string, more = '') =>
  server.write(
    tenant,
    (tx) => tx<{ subject_id: string; source: string; product: string }[]>`
      select g.subject_id, g.source, p.key as product from vouchsafe.grants g
      join vouchsafe.products p on p.tenant_id = g.tenant_id and p.id = g.product_id
      where g.tenant_id = ${tenant} and g.revoked_at is null and p.key like ${`${more}%`} order by 1`,
  )

describe('an academy of fifty members', () => {
  let academy: Academy
  beforeAll(async () => {
    academy = await makeAcademy(server, 'academy')
  })

  test('S001-7 S001-8 S001-39 restricting gives each of those who have access a row, and nobody loses access', async () => {
    const { direct, company, team, expired, revoked, stranger } = academy.people
    const dry = await restrict(academy, 'course', { dryRun: true })
    const before = await answers(academy, 'course', dry.revision)
    const done = await restrict(academy, 'course')
    expect(done).toMatchObject({ backfilledMembers: 40, withheldMembers: 0 })
    expect(done.product?.requiresEntitlement).toBe(true)
    expect(done.preview).toBeUndefined()
    const after = await answers(academy, 'course', done.revision)
    expect(differences(before, after)).toEqual(new Map())
    // Alone, by their company, and by what is below it.
    expect([...before.values()].filter(Boolean)).toHaveLength(28 * 3 + 6 * 2 + 6 * 2)

    const rows = await grantsOf(academy.tenant, 'course')
    expect(rows.map(({ subject_id }) => subject_id)).toEqual([...direct, ...company, ...team].sort())
    expect(new Set(rows.map(({ source }) => source))).toEqual(new Set(['backfill']))
    for (const subject of [...expired, ...revoked, ...stranger])
      expect(after.get(`${subject} course use  `)).toBe(false)
    expect(dry).toMatchObject({ backfilledMembers: 40, preview: { gained: 0, lost: 0 } })
  })

  test('S001-8 the number is in the audit, in the one change that restricts', async () => {
    const { call } = server.operator
    const { tenant } = academy
    const { revision } = await restrict(academy, 'library', { reason: 'from now on' })
    const { changes } = await call(AuditService.method.listChanges)({ tenant, pageSize: 1 })
    const [change] = changes
    expect(change).toMatchObject({ action: 'RestrictProduct', reason: 'from now on' })
    const shown = await call(AuditService.method.getChange)({ number: change?.revision ?? 0n, tenant })
    expect(shown.effects.map(({ table }) => table).sort()).toEqual([
      ...Array.from({ length: 40 }, () => 'grants'),
      'products',
    ])
    const product = shown.effects.find(({ table }) => table === 'products')
    expect(product?.before).toMatchObject({ requires_entitlement: false, backfilled_members: null })
    expect(product?.after).toMatchObject({ requires_entitlement: true, backfilled_members: 40 })
    const again = await restrict(academy, 'library')
    expect(again).toMatchObject({ backfilledMembers: 0, revision })
  })

  test('S001-8 newcomers do not get it', async () => {
    const { revision } = await restrict(academy, 'course')
    const newcomer = await server.write(academy.tenant, async (tx, tenant) => {
      const subject = await addSubject(tx, tenant)
      await addMember(tx, tenant, { organization: academy.team, subject })
      return subject
    })
    const asked = { subjects: [newcomer], organizations: [academy.team] }
    const { tenant } = academy
    const late = await answersOf(server, tenant, revision, {
      ...asked,
      questions: [...use('course'), ...use('lab')],
    })
    expect([...late.values()]).toEqual([false, true])
  })
})

test('S001-48 what was revoked is not revived by restricting again; what was kept is not given twice', async () => {
  const academy = await makeAcademy(server, 'reopened')
  const { tenant } = academy
  const [one = '', other = ''] = academy.people.direct
  const subject = (id: string) => ({ holder: { case: 'subject', value: `sub_${id}` } }) as const
  const target = { target: { case: 'product', value: 'course' } } as const
  await restrict(academy, 'course')
  for (const id of [one, other])
    await server.operator.revoke({ holder: subject(id), target, source: 'backfill', tenant })
  await server.operator.grant({ holder: subject(other), target, tenant })
  await open(academy, 'course')
  expect(await grantsOf(tenant, 'course')).toHaveLength(39)

  const dry = await restrict(academy, 'course', { dryRun: true })
  expect(dry.preview).toMatchObject({ gained: 0, lost: 1 })
  expect(dry.preview?.flips).toMatchObject([{ subject: `sub_${one}`, product: 'course', allowed: false }])
  const again = await restrict(academy, 'course')
  expect(again).toMatchObject({ backfilledMembers: 1, withheldMembers: 1 })
  const rows = (await grantsOf(tenant, 'course')).map(({ subject_id }) => subject_id)
  expect(rows.filter((id) => id === one)).toEqual([])
  expect(rows.filter((id) => id === other)).toHaveLength(2)
  expect(rows).toHaveLength(41 - 1)
})

test('a denial goes on withholding, and is no access that is kept', async () => {
  const academy = await makeAcademy(server, 'denied')
  const [denied = ''] = academy.people.direct
  await server.write(academy.tenant, async (tx, tenant) => {
    const [product] = await tx<{ id: string }[]>`select id from vouchsafe.products where key = 'course'`
    await insertGrant(tx, tenant, { subject_id: denied, product_id: product?.id, effect: 'deny' })
  })
  const { backfilledMembers } = await restrict(academy, 'course')
  expect(backfilledMembers).toBe(39)
  expect(
    (await grantsOf(academy.tenant, 'course')).filter(({ source }) => source === 'backfill'),
  ).toHaveLength(39)
})

test('whoever becomes a member while a product is restricted has access after it, or came after it', async () => {
  const academy = await makeAcademy(server, 'racing')
  const { tenant } = academy
  const join = () =>
    server.write(tenant, async (tx) => {
      const subject_id = await addSubject(tx, tenant)
      const [member] = await tx<{ id: string }[]>`select id from vouchsafe.entitlements where key = 'member'`
      await insertGrant(tx, tenant, { subject_id, entitlement_id: member?.id })
      return subject_id
    })
  const joins = Array.from({ length: 20 }, join)
  const [done, again, ...joined] = await Promise.all([
    restrict(academy, 'course'),
    restrict(academy, 'course'),
    ...joins,
  ])
  const given = done.backfilledMembers + again.backfilledMembers
  expect([done.backfilledMembers, again.backfilledMembers]).toContain(0)
  const revisionOf = await server.write(
    tenant,
    (tx) => tx<{ subject: string; revision: number }[]>`
      select e.key ->> 'id' as subject, c.revision from vouchsafe.effect e
      join vouchsafe.change c on c.tenant_id = e.tenant_id and c.epoch = e.epoch and c.xid = e.xid
      where e.tenant_id = ${tenant} and e.table_name = 'subjects'`,
  )
  const [restricted] = await server.write(
    tenant,
    (tx) => tx<{ revision: number }[]>`
      select revision from vouchsafe.change where tenant_id = ${tenant} and action = 'RestrictProduct'`,
  )
  const before = revisionOf.filter(
    ({ subject, revision }) => joined.includes(subject as never) && revision < (restricted?.revision ?? 0),
  )
  const holders = (await grantsOf(tenant, 'course')).map(({ subject_id }) => subject_id)
  expect(given).toBe(40 + before.length)
  expect(holders.filter((id) => joined.includes(id as never))).toEqual(
    before.map(({ subject }) => subject).sort(),
  )
})

test('S001-8 whom a restriction locks out because only a token knows them, its answer names before', async () => {
  const tenant = 'acme'
  await server.operator.call(ProductService.method.createProduct)({
    product: { key: 'leaflet', name: 'Leaflet' },
    tenant,
  })
  const question = { entitlement: 'use', resource: { kind: 'product', id: 'leaflet' } }
  const asks = async (revision: string) => {
    const consistency = { demand: { case: 'atLeast', value: revision } } as const
    return (await server.ask('never-seen', { ...question, consistency })).allowed
  }
  const request = { product: 'leaflet', requiresEntitlement: true, tenant }
  const dry = await server.operator.call(restrictProduct)({ ...request, dryRun: true })
  expect(await asks(dry.revision)).toBe(true)
  expect(dry.warnings).toEqual([
    expect.stringContaining('Only people with a row here'),
    expect.stringContaining(devIss),
  ])
  const done = await server.operator.call(restrictProduct)(request)
  expect(done.warnings).toEqual(dry.warnings)
  expect(await asks(done.revision)).toBe(false)
  expect((await server.operator.call(restrictProduct)(request)).warnings).toEqual([])
  const open = await server.operator.call(restrictProduct)({ ...request, requiresEntitlement: false })
  expect(open.warnings).toEqual([])
})
