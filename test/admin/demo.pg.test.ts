import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadDemo } from '#admin/demo.ts'
import { demoPeople } from '#admin/demo-people.ts'
import { listGrants } from '#admin/list-grants.ts'
import { createPageTokens } from '#admin/page-tokens.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { verifyChain } from '#postgres/verify-chain.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

const iss = 'http://127.0.0.1/dev'
const issuer = { iss, audience: 'vouchsafe-demo', jwks: { keys: [{ kty: 'RSA', kid: 'a' }] } }
const heads = () => database.sql`select tenant_id, revision from vouchsafe.head order by tenant_id`

test('the demo is loaded once; another start changes nothing, other keys only the keys', async () => {
  const first = await loadDemo({ sql: database.sql }, issuer)
  const before = await heads()
  expect(await loadDemo({ sql: database.sql }, issuer)).toEqual(first)
  expect(await heads()).toEqual(before)
  const keys = { keys: [{ kty: 'RSA', kid: 'b' }] }
  await loadDemo({ sql: database.sql }, { ...issuer, jwks: keys })
  const rows = await readTenant(database.sql, first.acme, (tx) => tx`select jwks from vouchsafe.issuers`)
  expect([...rows]).toEqual([{ jwks: keys }])
  expect(await readTenant(database.sql, first.acme, (tx) => verifyChain(tx, first.acme))).toBeUndefined()
})

test('S000-10 the tiers of acme are exactly free, supporter and pro', async () => {
  const { acme } = await loadDemo({ sql: database.sql }, issuer)
  const tiers = await readTenant(
    database.sql,
    acme,
    (tx) => tx`select key from vouchsafe.plans where kind = 'tier' order by rank`,
  )
  expect(tiers.map(({ key }) => key)).toEqual(['free', 'supporter', 'pro'])
})

test('each story is there, and globex shares nothing of it', async () => {
  const { acme, globex } = await loadDemo({ sql: database.sql }, issuer)
  const pageTokens = createPageTokens('a secret of the test')
  const of = async (tenant: string, name: string) => {
    const holder = { identity: { issuer: iss, subject: name } }
    const { grants } = await listGrants(
      { sql: database.sql, pageTokens },
      { tenant },
      { holder, include_ended: true },
    )
    return grants.map(({ target, source, effect, access, revoked_at }) =>
      [Object.values(target)[0], source, effect, access, revoked_at ? 'revoked' : 'live'].join(' '),
    )
  }
  const stories = await Promise.all(demoPeople.map(async ({ name }) => [name, await of(acme, name)]))
  expect(Object.fromEntries(stories)).toEqual({
    alice: [],
    bob: [],
    carol: ['pro@1 admin allow full live'],
    dan: [],
    erin: [],
    frank: ['pro@1 trial allow full live'],
    gail: ['pro@1 admin allow read_only live'],
    hana: ['api_calls contract override full live', 'pro@1 admin allow full live'],
    ivan: ['pro@1 admin allow full revoked'],
    judy: [],
    kim: [],
  })
  expect(await of(globex, 'alice')).toEqual(['pro@1 admin allow full live'])
  await expect(of(globex, 'carol')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const seats = await readTenant(
    database.sql,
    acme,
    (tx) => tx`
    select i.sub from vouchsafe.seats s join vouchsafe.identities i using (tenant_id, subject_id)`,
  )
  expect([...seats]).toEqual([{ sub: 'dan' }])
})
