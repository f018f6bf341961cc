import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { demoPeople } from '#admin/demo-people.ts'
import { grantInside } from '#admin/grant-entitlement.ts'
import { devIss } from '#main/dev-issuer.ts'
import { makePlace, type Place } from './place.ts'
import { said } from './said.ts'
import { type Server, serve } from './server.ts'

let place: Place
let server: Server
beforeAll(async () => {
  place = await makePlace()
  server = await serve(place)
})
afterAll(async () => {
  await server?.stop()
  await place?.remove()
})

/** Stops the server, takes its folder away, and starts another one on the same database. */
async function anotherServer(env: Readonly<Record<string, string>> = {}): Promise<void> {
  const { key } = server
  await server.stop()
  await rm(place.data, { recursive: true })
  server = await serve(place, { key, env })
}

const keys = ['docs_paid', 'copilot_quota', 'reports', 'export', 'corpora']
const questions = demoPeople.flatMap(({ name, claims }) => keys.map((key) => ({ name, claims, key })))

test('S002-28 a server that lost its disk gives the same answers to the same tokens, keys and page tokens', async () => {
  const tokens = new Map<string, string>()
  for (const { name } of demoPeople) tokens.set(name, await place.token(name))
  const holder = { holder: { case: 'identity', value: { issuer: devIss, subject: 'hana' } } } as const
  const page = (pageToken: string) =>
    server.operator.listGrants({ holder, tenant: 'acme', pageSize: 1, pageToken })
  const answers = () =>
    Promise.all(
      questions.map(async ({ name, key }) => {
        const subject = { subject: { case: 'accessToken', value: tokens.get(name) ?? '' } } as const
        const attributes = { country: 'DE' }
        const { allowed, reasons, value, tier, expiresAt, dataRevision, bundleRevision, fix } =
          await server.operator.check({ subject, entitlement: key, context: { attributes } })
        return { name, key, allowed, reasons, value, tier, expiresAt, dataRevision, bundleRevision, fix }
      }),
    )

  const given = await server.operator.grant({
    holder: { holder: { case: 'identity', value: { issuer: devIss, subject: 'alice' } } },
    target: { target: { case: 'entitlement', value: 'docs_paid' } },
    tenant: 'acme',
  })
  const fresh = { consistency: { demand: { case: 'atLeast', value: given.revision } } } as const
  await server.ask('alice', { entitlement: 'docs_paid', ...fresh })
  const before = await answers()
  expect(new Set(before.map(({ allowed }) => allowed))).toEqual(new Set([true, false]))
  const first = await page('')

  await anotherServer()
  expect(await answers()).toEqual(before)
  // What was handed out before the loss holds after it: a revision to demand, and a place in a list.
  expect(said(await server.ask('alice', { entitlement: 'docs_paid', ...fresh }))).toBe('yes GRANTED')
  const second = await page(first.nextPageToken)
  expect(second.grants.map(({ id }) => id)).not.toEqual(first.grants.map(({ id }) => id))
  expect(second.grants).toHaveLength(1)
})

test('S000-18 billing is switched on: the same question, answered by what billing wrote or put into the token', async () => {
  const question = { entitlement: 'copilot_paid' }
  const ask = async (sub: string, claims = {}) => {
    const answer = await server.ask(sub, question, claims)
    return `${answer.tier} ${said(answer)}`
  }
  expect(await ask('wanda')).toBe('free no NO_GRANT')
  expect(await ask('willi')).toBe('free no NO_GRANT')

  await anotherServer({
    STRIPE_SECRET_KEY: 'sk_test_51Nq8ZtK2vWb7cXyRfGh3',
    STRIPE_WEBHOOK_SECRET: 'whsec_k29XbQmV7tLzR4yPnHs6WfJc',
  })
  expect(await ask('wanda')).toBe('free no NO_GRANT')
  // A subscription is a grant of a plan from the source stripe …
  const { acme } = place.tenants
  const holder = { identity: { issuer: devIss, subject: 'wanda' } }
  const subscription = { holder, target: { plan: 'pro' }, source: 'stripe', source_ref: 'sub_1' } as const
  await server.write(acme, (tx) =>
    grantInside(tx, { tenant: acme, actor: 'stripe' }, subscription, Date.now()),
  )
  expect(await ask('wanda')).toBe('pro yes TIER')
  // … or a tier that billing gave to the identity provider.
  expect(await ask('willi', { tier: 'pro' })).toBe('pro yes TIER')
})
