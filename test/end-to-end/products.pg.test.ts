import { afterAll, beforeAll, expect, test } from 'vitest'
import { grantInside } from '#admin/grant-entitlement.ts'
import type { GrantInput } from '#admin/grant-types.ts'
import { revokeInside } from '#admin/revoke-entitlement.ts'
import { devIss } from '#main/dev-issuer.ts'
import { addProduct } from '#test/fixtures/catalogue.ts'
import { said } from './said.ts'
import { type Server, startServer } from './server.ts'

let server: Server
let acme: string
beforeAll(async () => {
  server = await startServer()
  acme = server.place.tenants.acme
  await server.write(acme, async (tx) => {
    await addProduct(tx, acme, { key: 'plain' })
    await addProduct(tx, acme, { key: 'first-addon', requires_entitlement: true })
    await addProduct(tx, acme, { key: 'second-addon', requires_entitlement: true })
  })
})
afterAll(() => server?.stop())

const day = 86_400_000
const use = (id: string) => ({ entitlement: 'use', resource: { kind: 'product', id } })
const holder = (subject: string) => ({ identity: { issuer: devIss, subject } })
const give = (subject: string, input: Omit<GrantInput, 'holder'>) =>
  server.write(acme, (tx) =>
    grantInside(tx, { tenant: acme, actor: 'test' }, { holder: holder(subject), ...input }, Date.now()),
  )

test('S001-1 a product that says nothing is open to every member, with or without grants', async () => {
  expect(said(await server.ask('alice', use('plain')))).toBe('yes OPEN_PRODUCT')
  expect(said(await server.ask('carol', use('plain')))).toBe('yes OPEN_PRODUCT')
  // Where the module has a membership, open means open to its members.
  const inDownloads = { ...use('plain'), context: { module: 'downloads' } }
  expect(said(await server.ask('alice', inDownloads))).toBe('no NOT_MEMBER')
  expect(said(await server.ask('carol', inDownloads))).toBe('yes OPEN_PRODUCT')
})

test('S001-2 S001-3 S001-9 a restricted product needs an active grant of its own, and leaves the others open', async () => {
  const ask = async () => {
    const keys = ['plain', 'first-addon', 'second-addon']
    const answers = await Promise.all(keys.map((key) => server.ask('rita', use(key))))
    return answers.map(said)
  }
  expect(await ask()).toEqual(['yes OPEN_PRODUCT', 'no NO_GRANT', 'no NO_GRANT'])
  await give('rita', { target: { product: 'first-addon' } })
  expect(await ask()).toEqual(['yes OPEN_PRODUCT', 'yes GRANTED', 'no NO_GRANT'])
  await server.write(acme, (tx) =>
    revokeInside(
      tx,
      { tenant: acme, actor: 'test' },
      { holder: holder('rita'), target: { product: 'first-addon' } },
      Date.now(),
    ),
  )
  expect(await ask()).toEqual(['yes OPEN_PRODUCT', 'no REVOKED', 'no NO_GRANT'])
})

test('S001-9 a grant that is over or has not begun is none', async () => {
  const target = { product: 'first-addon' }
  await give('olga', { target, starts_at: Date.now() - 2 * day, ends_at: Date.now() - day })
  expect(said(await server.ask('olga', use('first-addon')))).toBe('no EXPIRED')
  await give('nora', { target, starts_at: Date.now() + day })
  expect(said(await server.ask('nora', use('first-addon')))).toBe('no NOT_YET_ACTIVE')
})

test('C-8 a restricted product keeps its documents open, and each surface says in its way that it is not', async () => {
  const ask = async (sub: string) => {
    const surfaces = ['use', 'download', 'manifest', 'docs']
    const resource = { kind: 'product', id: 'runner' }
    const answers = await Promise.all(
      surfaces.map((each) => server.ask(sub, { entitlement: each, resource })),
    )
    return answers.map(({ allowed, denyAs }) => (allowed ? 'open' : denyAs))
  }
  expect(await ask('alice')).toEqual([403, 403, 404, 'open'])
  expect(await ask('carol')).toEqual(['open', 'open', 'open', 'open'])
})

const now = Date.now()
const member = { entitlement: 'member' }
const memberships: Readonly<
  Record<string, { readonly is: boolean; readonly grant?: Omit<GrantInput, 'holder'> }>
> = {
  none: { is: false },
  lifetime: { is: true, grant: { target: member } },
  trial: { is: true, grant: { target: member, source: 'trial', ends_at: now + day } },
  'ended-trial': {
    is: false,
    grant: { target: member, source: 'trial', starts_at: now - 2 * day, ends_at: now - day },
  },
  active: { is: true, grant: { target: member, source: 'stripe', source_ref: 'sub_1', ends_at: now + day } },
  grace: { is: true, grant: { target: member, source: 'stripe', source_ref: 'overdue-1' } },
  'after-grace': { is: false, grant: { target: member, source: 'stripe', source_ref: 'overdue-10' } },
}

test.for(Object.keys(memberships))(
  'S001-42 access is member and (open or granted); staff pass both: membership %s',
  async (name) => {
    const { is, grant } = memberships[name] ?? { is: false }
    const people = { without: `${name}-without`, with: `${name}-with` }
    for (const sub of Object.values(people)) if (grant) await give(sub, grant)
    await give(people.with, { target: { product: 'first-addon' } })
    const overdue = /overdue-(\d+)/.exec(grant?.source_ref ?? '')?.[1]
    if (overdue !== undefined) {
      const since = new Date(now - Number(overdue) * day)
      await server.write(
        acme,
        (tx) => tx`
        update vouchsafe.grants set past_due_at = ${since} where source_ref = ${`overdue-${overdue}`}`,
      )
    }

    const ask = async (sub: string, product: string, claims = {}) => {
      const answer = await server.ask(sub, { ...use(product), context: { module: 'downloads' } }, claims)
      return answer.allowed
    }
    expect({
      open: await ask(people.without, 'plain'),
      restricted: await ask(people.without, 'first-addon'),
      granted: await ask(people.with, 'first-addon'),
      staff: await ask(people.without, 'first-addon', { roles: ['learn_admin'] }),
    }).toEqual({ open: is, restricted: false, granted: is, staff: true })
  },
)
