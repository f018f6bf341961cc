import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { demoPeople } from '#admin/demo-people.ts'
import { CatalogService } from '#gen/vouchsafe/admin/v1/catalog_service_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { entitlement } from '#test/administration/named.ts'
import type { Server } from '#test/end-to-end/server.ts'
import { act, type Pep, pepOf, record, startCertified, user } from './authzen-server.ts'

const one = '/access/v1/evaluation'
const many = '/access/v1/evaluations'
const search = (kind: string) => `/access/v1/search/${kind}`
const accessRequestUrl = 'https://shop.example.com/requests'
const aliceReads = { subject: user('alice'), action: act('read'), resource: record('record-1') }
const readers = { subject: { type: 'user' }, action: act('read'), resource: record('record-1') }

let server: Server
let pep: Pep
let tenant: string
/** A service of the demo's tenant. */
let acme: Pep
beforeAll(async () => {
  const started = await startCertified({
    VOUCHSAFE_ACCESS_REQUEST_URL: accessRequestUrl,
    VOUCHSAFE_JOURNAL_SAMPLE: '1',
  })
  ;({ server, pep, tenant } = started)
  acme = pepOf(server, (await server.caller(server.place.tenants.acme, 'service')).key)
})
afterAll(() => server?.stop())

const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
const withContext = (context: string) => `${JSON.stringify(aliceReads).slice(0, -1)},"context":${context}}`

test.each([
  ['nesting of 33 levels', withContext(nested(33)), 400],
  ['nesting of 100 000 levels', withContext('['.repeat(50_000) + ']'.repeat(50_000)), 400],
  [
    'nesting of 100 levels where nobody looks',
    `{"foo":${nested(100)},${JSON.stringify(aliceReads).slice(1)}`,
    400,
  ],
  ['nesting that is still allowed', withContext(nested(30)), 200],
  [
    'too many attributes',
    withContext(JSON.stringify(Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`a${n}`, n])))),
    400,
  ],
  ['a body beyond the limit', withContext(`"${'x'.repeat(300_000)}"`), 413],
  ['a context that is a list', withContext('[]'), 400],
  ['a context that is null', withContext('null'), 400],
  ['a list', '[]', 400],
  ['a text', '"x"', 400],
  ['null', 'null', 400],
  ['two values', '{} {}', 400],
  ['a byte order mark alone', '\uFEFF', 400],
])('V57 a body with %s: no 500, and a text that says why', async (_what, body, expected) => {
  for (const path of [one, many]) {
    const { status, body: answer } = await pep.post(path, body)
    expect(status).toBe(expected)
    if (status !== 200) expect(answer.message).toMatch(/\w/)
  }
})

test.each([
  '\u0000',
  '\ud800',
  'a\r\nX-Evil: 1',
  '%00',
  '../..',
  '__proto__',
  'constructor',
  "'; drop table vouchsafe.tenants; --",
  'ａlice',
  'x'.repeat(60_000),
  '{"a":1}',
  'data.vouchsafe.index',
])('V2 V57 the hostile text %j is nobody and nothing, and breaks nothing', async (text) => {
  const bodies = [
    { ...aliceReads, subject: user(text) },
    { ...aliceReads, subject: { type: text, id: 'alice' } },
    { ...aliceReads, action: act(text) },
    { ...aliceReads, resource: record(text, { status: text }) },
    { ...aliceReads, action: act('write'), resource: record(text) },
    { ...aliceReads, resource: { type: text, id: text } },
    { ...aliceReads, context: { [text]: text, organization: text } },
    { ...aliceReads, subject: user('alice', { issuer: text }) },
    { ...aliceReads, subject: user('alice', { access_token: text }) },
  ]
  for (const body of bodies) {
    for (const path of [one, search('subject'), search('resource'), search('action')]) {
      const { status, body: answer } = await pep.post(path, body)
      expect([200, 400], `${path} ${JSON.stringify(body).slice(0, 100)}`).toContain(status)
      if (status === 400) expect(answer.message).toMatch(/\w/)
    }
  }
  // Where it is only told, it changes nothing.
  const told = await pep.post(one, {
    ...aliceReads,
    context: { note: text },
    resource: record('record-1', { note: text }),
  })
  if (text.isWellFormed()) expect(told.body.decision).toBe(true)
  else expect(told.status).toBe(400)
})

test('no more questions than a batch may have, and each its own answer', async () => {
  const evaluations = (count: number) => Array.from({ length: count }, () => ({}))
  expect(
    (await pep.post(many, { ...aliceReads, evaluations: evaluations(100) })).body.evaluations,
  ).toHaveLength(100)
  expect((await pep.post(many, { ...aliceReads, evaluations: evaluations(101) })).status).toBe(400)
  const junk = [1, null, 'x', [], { subject: 'alice' }, { context: { organization: 7 } }, {}]
  const { status, body } = await pep.post(many, { ...aliceReads, evaluations: junk })
  expect(status).toBe(200)
  expect(body.evaluations.map((each: { decision: boolean }) => each.decision)).toEqual([
    ...Array.from({ length: 6 }, () => false),
    true,
  ])
  for (const { context } of body.evaluations.slice(0, 6)) expect(context.error.status).toBe(400)
  for (const more of [
    { evaluations: {} },
    { evaluations: 'x' },
    { options: 1 },
    { subject: 'alice' },
    { context: 1 },
  ])
    expect((await pep.post(many, { ...aliceReads, evaluations: evaluations(1), ...more })).status).toBe(400)
})

test('401 is about the caller, and never a denial', async () => {
  for (const key of ['', 'vch_nobody', `${server.key}x`]) {
    for (const path of [one, many, search('subject'), search('resource'), search('action')])
      expect((await pep.post(path, aliceReads, {}, key)).status, path).toBe(401)
  }
  const refused = { ...aliceReads, subject: user('alice', { access_token: 'no.token.atall' }) }
  const { status, body } = await pep.post(one, refused)
  expect(status).toBe(200)
  expect(body).toEqual({
    decision: false,
    context: { reason: 'TOKEN_REFUSED', reasons: [{ code: 'TOKEN_REFUSED' }] },
  })
  const { body: found } = await pep.post(search('resource'), { ...refused, resource: { type: 'record' } })
  expect(found.results).toEqual([])
})

test('whose tenant it is is the caller’s: another is 403, and a caller of the platform names one', async () => {
  for (const path of [`/acme${one}`, `${one}?tenant=acme`, `/nobody${one}`, `/acme${search('subject')}`])
    expect((await pep.post(path, aliceReads)).status, path).toBe(403)
  expect((await pep.post(`/authzen${one}`, aliceReads)).body.decision).toBe(true)
  const { place } = server
  const foreign = { ...aliceReads, subject: user('alice', { access_token: await place.token('bob') }) }
  expect((await pep.post(one, foreign)).body.decision).toBe(false)
  const operator = pepOf(server, server.key)
  expect((await operator.post(one, aliceReads)).status).toBe(400)
  expect((await operator.post(`/authzen${one}`, aliceReads)).body.decision).toBe(true)
  expect((await operator.post(`${one}?tenant=authzen`, aliceReads)).body.decision).toBe(true)
  for (const several of [`${one}?tenant=authzen&tenant=acme`, `/authzen${one}?tenant=acme`]) {
    expect((await operator.post(several, aliceReads)).status).toBe(400)
  }
  expect((await operator.post(`/authzen${one}?tenant=authzen`, aliceReads)).body.decision).toBe(true)
  // Of the demo’s tenant, where nobody has a record.
  expect((await operator.post(`/acme${one}`, aliceReads)).body.decision).toBe(false)
})

test('who asks decides what may be asked', async () => {
  const gateway = (await server.caller(tenant, 'gateway')).key
  const delegate = (await server.caller(tenant, 'delegate')).key
  expect((await pep.post(one, aliceReads, {}, gateway)).body.decision).toBe(true)
  expect(
    (await pep.post(search('resource'), { ...aliceReads, resource: { type: 'record' } }, {}, gateway)).status,
  ).toBe(200)
  expect((await pep.post(search('subject'), readers, {}, gateway)).status).toBe(403)
  expect((await pep.post(one, aliceReads, {}, delegate)).status).toBe(403)
  expect((await pep.post(search('subject'), readers, {}, delegate)).status).toBe(403)
})

test('a denial says why, and what could be asked for, to those who may know', async () => {
  const bobWrites = { subject: user('bob'), action: act('write'), resource: record('record-1') }
  const { body } = await pep.post(one, bobWrites)
  expect(body).toEqual({
    decision: false,
    context: {
      decision_id: expect.stringMatching(/^\S{36}$/),
      revision: expect.stringMatching(/^\S+$/),
      bundle_revision: server.bundle,
      deny_as: 403,
      reason: 'NO_GRANT',
      reasons: [{ code: 'NO_GRANT', params: { entitlement: 'record:write' }, text: expect.any(String) }],
      fix: [{ action: 'buy_plan', params: { plan: 'writer' }, text: expect.stringContaining('writer') }],
      evaluation_id: body.context.decision_id,
      access_request: {
        endpoint: accessRequestUrl,
        template: 'buy_plan',
        properties: { plan: 'writer' },
        expires_at: expect.stringMatching(/Z$/),
      },
    },
  })
  const { body: permitted } = await pep.post(one, aliceReads)
  expect(permitted.context).not.toHaveProperty('access_request')
  const gateway = (await server.caller(tenant, 'gateway')).key
  const { body: shown } = await pep.post(one, bobWrites, {}, gateway)
  expect(shown.context).toMatchObject({ reason: 'NO_GRANT', reasons: [{ code: 'NO_GRANT' }] })
  expect(JSON.stringify(shown)).not.toMatch(/writer|"text"|fix|access_request/)
  const { body: unknown } = await pep.post(
    one,
    { ...aliceReads, subject: { type: 'robot', id: 'x' } },
    {},
    gateway,
  )
  expect(unknown).toEqual({ decision: false })
  const subject = { ...user('bob'), properties: { access_token: 'a.b.c' } }
  const { body: refused } = await pep.post(one, { ...bobWrites, subject }, {}, gateway)
  const reason = 'TOKEN_REFUSED'
  expect(refused).toEqual({ decision: false, context: { reason, reasons: [{ code: reason }] } })
})

test('what hides behind 404 says nothing of itself', async () => {
  const ask = {
    subject: user('hana'),
    action: act('use'),
    resource: { type: 'product', id: 'no-such-product' },
  }
  const { body } = await acme.post(one, ask)
  expect(body.decision).toBe(false)
  expect(Object.keys(body.context).sort()).toEqual(['bundle_revision', 'decision_id', 'deny_as', 'revision'])
  expect(body.context.deny_as).toBe(404)
})

test('what a permission obliges to is told as an obligation', async () => {
  const holder = { holder: { case: 'identity', value: { issuer: devIss, subject: 'reader' } } } as const
  const target = entitlement('record:read')
  const { revision } = await server.operator.grant({ holder, target, tenant: 'authzen', access: 'read_only' })
  const context = { at_least: revision, access: 'read' }
  const { body } = await pep.post(one, { ...aliceReads, subject: user('reader'), context })
  expect(body).toMatchObject({
    decision: true,
    context: { obligations: [{ id: 'read_only', type: 'custom', properties: {} }] },
  })
})

test('the subject’s own token says who it is, and is in no log', async () => {
  const { place } = server
  for (const { name, claims } of demoPeople.slice(0, 4)) {
    const access_token = await place.token(name)
    for (const key of ['member', 'docs_paid', 'early_access']) {
      const resource = { type: 'entitlement', id: key }
      const { body } = await acme.post(one, {
        subject: user('whoever', { access_token }),
        action: act('use'),
        resource,
      })
      expect(body.decision, `${name} ${key}`).toBe((await server.ask(name, key, claims)).allowed)
    }
    const { body } = await acme.post(many, {
      subject: user(name, { access_token }),
      action: act('use'),
      evaluations: [
        { resource: { type: 'entitlement', id: 'member' } },
        { resource: { type: 'product', id: 'runner' } },
      ],
    })
    expect(body.evaluations).toHaveLength(2)
    const journal = () => readFile(join(place.data, 'journal.jsonl'), 'utf8')
    const last: string = body.evaluations[1].context.decision_id
    await expect.poll(async () => (await journal()).includes(last), { timeout: 20_000 }).toBe(true)
    const lines = await journal()
    const found = [access_token, access_token.split('.')[2] ?? ''].filter((secret) => lines.includes(secret))
    expect(found).toEqual([])
    expect(lines.includes('"door":"authzen"')).toBe(true)
  }
})

test('an answer waits for the revision that is demanded', async () => {
  const late = { ...aliceReads, subject: user('late') }
  expect((await pep.post(one, late)).body.decision).toBe(false)
  const holder = { holder: { case: 'identity', value: { issuer: devIss, subject: 'late' } } } as const
  const { revision } = await server.operator.grant({
    holder,
    target: entitlement('record:read'),
    tenant: 'authzen',
  })
  const context = { at_least: revision }
  expect((await pep.post(one, { ...late, context })).body.decision).toBe(true)
  const { body } = await pep.post(search('subject'), { ...readers, context })
  expect(body.results).toContainEqual(user('late'))
  expect((await acme.post(one, { ...late, context })).status).toBe(403)
  expect((await pep.post(one, { ...late, context: { at_least: 'x' } })).status).toBe(400)
})

test('V21 pages are of one revision while the data changes, and the next search is of the next', async () => {
  const before = (await pep.post(search('subject'), readers)).body
  const first = (await pep.post(search('subject'), { ...readers, page: { limit: 1 } })).body
  const holder = { holder: { case: 'identity', value: { issuer: devIss, subject: 'aaa' } } } as const
  const { revision } = await server.operator.grant({
    holder,
    target: entitlement('record:read'),
    tenant: 'authzen',
  })
  const found = [...first.results]
  for (let token = first.page.next_token; token !== ''; ) {
    const { body } = await pep.post(search('subject'), { ...readers, page: { token, limit: 1 } })
    expect(body.context).toEqual(first.context)
    found.push(...body.results)
    token = body.page.next_token
  }
  expect(found).toEqual(before.results)
  const after = await pep.post(search('subject'), { ...readers, context: { at_least: revision } })
  expect(after.body.page.total).toBe(before.page.total + 1)
})

test('V19 a page’s token is good for its question, its caller and its tenant', async () => {
  const page = { limit: 1 }
  const { next_token: token } = (await pep.post(search('subject'), { ...readers, page })).body.page
  const again = { ...readers, page: { token } }
  expect((await pep.post(search('subject'), again)).status).toBe(200)
  expect((await pep.post(search('subject'), { ...again, page: { token, limit: 2 } })).status).toBe(400)
  expect((await pep.post(search('subject'), { ...again, action: act('write') })).status).toBe(400)
  expect((await pep.post(search('subject'), { ...again, context: { a: 1 } })).status).toBe(400)
  expect((await pep.post(search('resource'), { ...again, ...aliceReads, page: { token } })).status).toBe(400)
  expect((await acme.post(search('subject'), again)).status).toBe(400)
  const other = (await server.caller(tenant, 'service')).key
  expect((await pep.post(search('subject'), again, {}, other)).status).toBe(400)
  for (const forged of [
    token.slice(0, -1),
    `${token}x`,
    token.slice(1),
    'x',
    '00',
    `${token}=`,
    'a'.repeat(10_000),
  ])
    expect((await pep.post(search('subject'), { ...readers, page: { token: forged } })).status).toBe(400)
  // The searched entity’s id is not part of the question.
  expect((await pep.post(search('subject'), { ...again, subject: user('bob') })).status).toBe(200)
})

test('V21 S003-7 S003-8 S003-9 S003-26 what a search finds is what evaluations allow, of every kind and person', async () => {
  const { catalog } = await server.operator.call(CatalogService.method.exportCatalog)({ tenant: 'acme' })
  const ids: Record<string, readonly string[]> = {
    entitlement: (catalog?.entitlements ?? []).map(({ key }) => key),
    product: (catalog?.products ?? []).map(({ key }) => key),
    content: (catalog?.resources ?? []).filter(({ kind }) => kind === 'content').map(({ key }) => key),
    navigation: (catalog?.resources ?? []).filter(({ kind }) => kind === 'navigation').map(({ key }) => key),
  }
  const found: Record<string, Set<string>> = {}
  for (const { name } of demoPeople) {
    for (const [type, all] of Object.entries(ids)) {
      const asked = { subject: user(name), action: act('use') }
      const { body } = await acme.post(search('resource'), {
        ...asked,
        resource: { type },
        page: { limit: 1000 },
      })
      const evaluations = all.map((id) => ({ resource: { type, id } }))
      const { body: answers } = await acme.post(many, { ...asked, evaluations })
      const allowed = all.filter((_, n) => answers.evaluations[n].decision).sort()
      expect(
        body.results.map(({ id }: { id: string }) => id),
        `${name} ${type}`,
      ).toEqual(allowed)
      for (const id of allowed) {
        const key = `${type} ${id}`
        found[key] = (found[key] ?? new Set()).add(name)
      }
    }
  }
  for (const [type, all] of Object.entries(ids)) {
    for (const id of all) {
      const results: string[] = []
      for (let token: string | undefined; token !== ''; ) {
        const page = { limit: 5, ...(token !== undefined && { token }) }
        const question = { subject: { type: 'user' }, action: act('use'), resource: { type, id }, page }
        const { body } = await acme.post(search('subject'), question)
        results.push(...body.results.map((each: { id: string }) => each.id))
        token = body.page.next_token as string
      }
      const expected = [...(found[`${type} ${id}`] ?? [])].sort()
      const people = new Set(demoPeople.map(({ name }) => name))
      expect(results.filter((name) => people.has(name)).sort(), `${type} ${id}`).toEqual(expected)
    }
  }
})

test('V68 discovery announces access requests where the setting says where they are made', async () => {
  const { status, body } = await pep.get('/.well-known/authzen-configuration', { host: 'evil.example' })
  expect(status).toBe(200)
  expect(JSON.stringify(body)).not.toContain('evil')
  expect(body.capabilities).toEqual(['urn:openid:authzen:capability:access-request'])
  expect(body.access_request_endpoint).toBe(accessRequestUrl)
})
