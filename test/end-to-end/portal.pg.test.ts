import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { devIss } from '#main/dev-issuer.ts'
import { connectJson } from './connect-json.ts'
import { said } from './said.ts'
import { type Question, type Server, startServer } from './server.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const answered = (answer: { value?: { kind: { value?: unknown } } | undefined }) => answer.value?.kind.value

test('S002-2 the three hosts get one decision: neither the caller nor the host’s name is part of it', async () => {
  const { acme } = server.place.tenants
  const token = await server.place.token('judy')
  const answers = []
  for (const host of ['auth.example.test', 'learn.example.test', 'docs.example.test']) {
    const { key } = await server.caller(acme, 'service')
    const body = JSON.stringify({ subject: { accessToken: token }, entitlement: 'docs_paid' })
    const { allowed, reasons, tier } = await postAs(host, key, body)
    answers.push({ allowed, reasons, tier })
  }
  expect(answers[0]).toMatchObject({ allowed: true, reasons: [{ code: 'CLAIM' }] })
  expect(answers).toEqual([answers[0], answers[0], answers[0]])
})

test('S002-4 S002-10 S002-11 the role in the token alone unlocks the same four', async () => {
  const token = async (entitlement: string) => server.ask('judy', entitlement)
  expect((await token('docs_paid')).allowed).toBe(true)
  expect((await token('copilot_paid')).allowed).toBe(true)
  expect(listOf(answered(await token('corpora')))).toContain('member')
  expect(answered(await token('copilot_quota'))).toBeGreaterThan(20)
})

test('S002-11 S002-20 one right unlocks docs and copilot, chooses the member corpus and raises the quota', async () => {
  const ask = async (fresh: Pick<Question, 'consistency'> = {}) => {
    const of = (entitlement: string) => server.ask('nina', { entitlement, ...fresh })
    const [docs, copilot, corpora, quota] = await Promise.all(
      ['docs_paid', 'copilot_paid', 'corpora', 'copilot_quota'].map(of),
    )
    return {
      docs: docs?.allowed,
      copilot: copilot?.allowed,
      corpora: listOf(corpora && answered(corpora)),
      quota: quota && answered(quota),
    }
  }
  expect(await ask()).toEqual({ docs: false, copilot: false, corpora: ['public'], quota: 20 })
  const { revision } = await server.operator.grant({
    holder: { holder: { case: 'identity', value: { issuer: devIss, subject: 'nina' } } },
    target: { target: { case: 'plan', value: 'learn_member' } },
    tenant: 'acme',
  })
  expect(await ask({ consistency: { demand: { case: 'atLeast', value: revision } } })).toEqual({
    docs: true,
    copilot: true,
    corpora: ['member', 'public'],
    quota: 500,
  })
})

test('S002-25 quota and corpus are the backend’s: what a frontend says of itself changes neither', async () => {
  const attributes = {
    corpora: 'member',
    copilot_quota: 9999,
    tier: 'pro',
    quota: 9999,
    entitlements: ['corpora'],
  }
  // Claims that nobody mapped are the frontend's word too, even inside a signed token.
  const claims = { corpora: 'member', copilot_quota: 9999, groups: ['pro'], plan: 'pro' }
  const corpora = await server.ask('alice', { entitlement: 'corpora', context: { attributes } }, claims)
  expect(answered(corpora)).toEqual(answered(await server.ask('alice', 'corpora')))
  const ask = (quantity: bigint) =>
    server.ask('alice', { entitlement: 'copilot_quota', quantity, context: { attributes } }, claims)
  expect(said(await ask(20n))).toBe('yes TIER')
  const over = await ask(21n)
  expect(said(over)).toBe('no QUOTA_EXCEEDED')
  expect(over.denyAs).toBe(429)
})

test('S002-26 paid access is decided here whatever a frontend shows or sends', async () => {
  const token = await server.place.token('alice')
  const question = { subject: { accessToken: token }, entitlement: 'docs_paid' }
  const claimed = { tier: 'pro', docs_paid: true, roles: ['learn_member'], entitlements: ['docs_paid'] }
  const { body } = await connectJson(server, 'Check', { ...question, context: { attributes: claimed } })
  expect(body).toMatchObject({ reasons: [{ code: 'NO_GRANT' }] })
  expect(body.allowed ?? false).toBe(false)
  // A token edited on its way gives no answer at all, and neither does one beside which somebody else is named.
  const [header, payload = '', signature] = token.split('.')
  const edited = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), ...claimed }
  const forged = [header, Buffer.from(JSON.stringify(edited)).toString('base64url'), signature].join('.')
  expect((await connectJson(server, 'Check', { ...question, subject: { accessToken: forged } })).status).toBe(
    401,
  )
  const both = { accessToken: token, principal: { issuer: devIss, subject: 'carol' } }
  expect((await connectJson(server, 'Check', { ...question, subject: both })).status).toBe(400)
})

test('S002-27 content is named here and kept elsewhere: keys and rights are all there is of it', async () => {
  const columns = await server.place.database.sql<{ column_name: string }[]>`
    select column_name from information_schema.columns
    where table_schema = 'vouchsafe' and table_name = 'resources' order by column_name`
  expect(columns.map((each) => each.column_name)).toEqual([
    'entitlement_id',
    'key',
    'kind',
    'name',
    'tenant_id',
  ])
  const subject = { accessToken: await server.place.token('carol') }
  const { body } = await connectJson(server, 'FilterResources', { subject, kind: 'content' })
  expect(Object.keys(body).sort()).toEqual(['bundleRevision', 'dataRevision', 'ids'])
  expect(body.ids).toEqual(['lesson/kubernetes-1', 'lesson/networking-1', 'lesson/welcome'])
})

function listOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null || !('values' in value)) return [value]
  return (value.values as { kind: { value: unknown } }[]).map(({ kind }) => kind.value)
}

/** Fetch does not let a caller choose its Host. */
function postAs(host: string, key: string, body: string): Promise<Record<string, unknown>> {
  const [hostname, port] = server.http.split(':')
  return new Promise((resolve, reject) => {
    const path = '/vouchsafe.v1.DecisionService/Check'
    const headers = { host, authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const sent = request({ hostname, port, path, method: 'POST', headers }, async (reply) => {
      const parts = await reply.toArray()
      resolve(JSON.parse(Buffer.concat(parts).toString()))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
