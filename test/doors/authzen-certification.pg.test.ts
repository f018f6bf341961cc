import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { act, type Pep, publicUrl, record, startCertified, user } from './authzen-server.ts'
import { rawHttp } from './raw-http.ts'

// The levels of AuthZEN's certification scenario, asked over HTTP. The decisions are those that its fixture prescribes.
let pep: Pep
let http: string
let stop = async () => {}
beforeAll(async () => {
  const started = await startCertified()
  pep = started.pep
  http = started.server.http
  stop = started.server.stop
})
afterAll(() => stop())

const one = '/access/v1/evaluation'
const many = '/access/v1/evaluations'
const aliceReads = { subject: user('alice'), action: act('read'), resource: record('record-1') }
const archived = { status: 'archived' }

async function decides(question: object): Promise<boolean> {
  const { status, headers, body } = await pep.post(one, question)
  expect(status, JSON.stringify(body)).toBe(200)
  expect(headers.get('content-type')).toMatch(/^application\/json/)
  expect(body.context ?? {}).toBeTypeOf('object')
  expect(body.decision).toBeTypeOf('boolean')
  return body.decision
}

async function decideAll(question: object): Promise<readonly boolean[]> {
  const { status, body } = await pep.post(many, question)
  expect(status, JSON.stringify(body)).toBe(200)
  expect(body).not.toHaveProperty('decision')
  return body.evaluations.map((each: { decision: boolean }) => each.decision)
}

describe('Basic Core', () => {
  test.each([
    ['alice', 'read', true],
    ['alice', 'write', true],
    ['bob', 'read', true],
    ['bob', 'write', false],
  ])('S003-7 S003-8 M-8 %s may %s record-1: %s', async (subject, action, decision) => {
    const question = { subject: user(subject), action: act(action), resource: record('record-1') }
    expect(await decides(question)).toBe(decision)
    const context = { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' }
    expect(await decides({ ...question, context })).toBe(decision)
    expect(await decides({ ...question, foo: 'bar', futureField: { nested: true } })).toBe(decision)
  })

  test('properties that no rule reads change nothing', async () => {
    const subject = user('alice', { department: 'Sales', role: 'manager' })
    const resource = record('record-1', { status: 'active', owner: 'bob' })
    expect(await decides({ subject, action: act('read', { method: 'GET' }), resource })).toBe(true)
  })

  test.each([
    ['no subject', { ...aliceReads, subject: undefined }],
    ['no action', { ...aliceReads, action: undefined }],
    ['no resource', { ...aliceReads, resource: undefined }],
    ['no subject.type', { ...aliceReads, subject: { id: 'alice' } }],
    ['no subject.id', { ...aliceReads, subject: { type: 'user' } }],
    ['no action.name', { ...aliceReads, action: {} }],
    ['no resource.type', { ...aliceReads, resource: { id: 'record-1' } }],
    ['no resource.id', { ...aliceReads, resource: { type: 'record' } }],
    ['a subject that is a text', { ...aliceReads, subject: 'alice' }],
    ['an action that is a number', { ...aliceReads, action: { name: 123 } }],
    ['no JSON', '{"subject":'],
    ['nothing', ''],
  ])('a request with %s is 400 and says why', async (_what, body) => {
    const { status, body: failure } = await pep.post(one, body)
    expect(status).toBe(400)
    expect(failure.message).toMatch(/\w/)
  })

  test('another media type is 400', async () => {
    for (const type of ['text/plain', 'application/proto', 'application/x-www-form-urlencoded'])
      expect((await pep.post(one, aliceReads, { 'content-type': type })).status, type).toBe(400)
    const charset = { 'content-type': 'application/json; charset=utf-8' }
    expect((await pep.post(one, aliceReads, charset)).status).toBe(200)
  })

  test('the id of a request comes back, whatever becomes of it', async () => {
    const id = { 'x-request-id': 'bfe9eb29/ab87 (4)' }
    for (const [path, body, key] of [
      [one, aliceReads, undefined],
      [one, '{', undefined],
      [one, aliceReads, 'nobody'],
      [many, { ...aliceReads, evaluations: 1 }, undefined],
    ] as const) {
      const { headers } = await pep.post(path, body, id, key)
      expect(headers.get('x-request-id')).toBe(id['x-request-id'])
    }
    expect((await pep.post(one, aliceReads)).headers.has('x-request-id')).toBe(false)
  })

  test('the same question has the same answer again and again', async () => {
    for (let n = 0; n < 5; n++) expect(await decides(aliceReads)).toBe(true)
  })
})

describe('Basic Properties', () => {
  test.each([
    ['nobody writes an archived record', user('alice'), act('write'), record('record-2', archived), false],
    [
      'but an administrator',
      user('bob', { role: 'admin' }),
      act('write'),
      record('record-2', archived),
      true,
    ],
    ['a soft deletion', user('alice'), act('delete', { soft: true }), record('record-1'), true],
    ['no other deletion', user('alice'), act('delete', { soft: false }), record('record-1'), false],
  ])('S003-8 properties decide: %s', async (_what, subject, action, resource, decision) => {
    expect(await decides({ subject, action, resource })).toBe(decision)
  })

  test('it is the properties, not the names', async () => {
    const write = { action: act('write'), resource: record('record-1', archived) }
    expect(await decides({ ...write, subject: user('alice') })).toBe(false)
    expect(await decides({ ...write, subject: user('carol', { role: 'admin' }) })).toBe(true)
    expect(await decides({ ...write, subject: user('carol', { role: 'editor' }) })).toBe(false)
  })
})

describe('Batch Core', () => {
  test('as many decisions as questions, in their order', async () => {
    const bob = { subject: user('bob'), resource: record('record-1') }
    expect(
      await decideAll({ ...bob, evaluations: [{ action: act('read') }, { action: act('write') }] }),
    ).toEqual([true, false])
    const records = [{ resource: record('record-1') }, { resource: record('record-2') }]
    expect(await decideAll({ ...aliceReads, evaluations: records })).toHaveLength(2)
    const whole = [aliceReads, { subject: user('bob'), action: act('write'), resource: record('record-1') }]
    expect(await decideAll({ evaluations: whole })).toEqual([true, false])
    const context = { time: '2025-06-27T18:03-07:00' }
    const overridden = records.map((each) => ({ ...each, context: { source: 'batch-override' } }))
    expect(await decideAll({ ...aliceReads, context, evaluations: overridden })).toHaveLength(2)
  })

  test('a question that lacks something is denied with its error, and fails no other', async () => {
    const { subject, action } = aliceReads
    const options = { evaluations_semantic: 'execute_all' }
    const evaluations = [{ resource: record('record-1') }, {}]
    const { status, body } = await pep.post(many, { subject, action, options, evaluations })
    expect(status).toBe(200)
    expect(body.evaluations[0].decision).toBe(true)
    expect(body.evaluations[1]).toMatchObject({
      decision: false,
      context: { error: { status: 400, message: expect.stringContaining('resource') } },
    })
  })

  test('without evaluations it is the single one', async () => {
    for (const more of [{}, { evaluations: [] }]) {
      const { status, body } = await pep.post(many, { ...aliceReads, ...more })
      expect(status).toBe(200)
      expect(body.decision).toBe(true)
      expect(body).not.toHaveProperty('evaluations')
    }
    expect((await pep.post(many, { evaluations: [] })).status).toBe(400)
  })

  test('the rest is not asked where one decision is enough', async () => {
    const reads = { resource: record('record-1'), action: act('read') }
    const writes = { resource: record('record-1'), action: act('write') }
    const by = (evaluations_semantic: string, evaluations: readonly object[]) =>
      decideAll({ subject: user('bob'), options: { evaluations_semantic }, evaluations })
    expect(await by('deny_on_first_deny', [reads, writes, reads])).toEqual([true, false])
    expect(await by('deny_on_first_deny', [reads, {}, reads])).toEqual([true, false])
    expect(await by('deny_on_first_deny', [reads, reads])).toEqual([true, true])
    expect(await by('permit_on_first_permit', [writes, {}, reads, writes])).toEqual([false, false, true])
    expect(await by('execute_all', [writes, reads])).toEqual([false, true])
    const options = { evaluations_semantic: 'some' }
    expect((await pep.post(many, { subject: user('bob'), options, evaluations: [reads] })).status).toBe(400)
  })
})

describe('Batch Properties', () => {
  const active = record('record-1', { status: 'active' })
  const closed = record('record-2', archived)

  test('each question is decided by its own properties', async () => {
    const write = { action: act('write') }
    const records = {
      ...write,
      subject: user('alice'),
      evaluations: [{ resource: active }, { resource: closed }],
    }
    expect(await decideAll(records)).toEqual([true, false])
    const people = [{ subject: user('alice') }, { subject: user('bob', { role: 'admin' }) }]
    expect(await decideAll({ ...write, resource: closed, evaluations: people })).toEqual([false, true])
  })

  test('a default is taken whole, or not at all', async () => {
    const defaults = { subject: user('alice'), action: act('write'), resource: active }
    expect(await decideAll({ ...defaults, evaluations: [{}, { resource: closed }] })).toEqual([true, false])
    // The properties of the default are not those of another resource.
    const deletes = { ...defaults, action: act('delete', { soft: true }) }
    expect(await decideAll({ ...deletes, evaluations: [{}, { action: act('delete') }] })).toEqual([
      true,
      false,
    ])
    // Nor is its type.
    const { body } = await pep.post(many, { ...defaults, evaluations: [{ resource: { id: 'record-2' } }] })
    expect(body.evaluations).toEqual([
      {
        decision: false,
        context: { error: { status: 400, message: expect.stringContaining('resource.type') } },
      },
    ])
  })
})

/** What a search finds, as [type, id] or name. */
async function finds(path: string, question: object): Promise<readonly string[]> {
  const { status, headers, body } = await pep.post(`/access/v1/search/${path}`, question)
  expect(status, JSON.stringify(body)).toBe(200)
  expect(headers.get('content-type')).toMatch(/^application\/json/)
  return body.results.map((each: { type?: string; id?: string; name?: string }) =>
    path === 'action' ? each.name : `${each.type} ${each.id}`,
  )
}

describe('Search Core', () => {
  const readers = { subject: { type: 'user' }, action: act('read'), resource: record('record-1') }
  const reads = { subject: user('alice'), action: act('read'), resource: { type: 'record' } }
  const may = { subject: user('alice'), resource: record('record-1') }

  test.each([
    ['subject', readers, ['user alice', 'user bob']],
    ['resource', reads, ['record record-1', 'record record-2']],
    ['action', may, ['read', 'write']],
  ])('S003-26 a search for a %s finds what an evaluation allows', async (path, question, names) => {
    expect(await finds(path, question)).toEqual(names)
    const context = { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' }
    expect(await finds(path, { ...question, context })).toEqual(names)
    // The id of what is searched for is not looked at.
    const ignored = {
      ...question,
      subject: user('alice'),
      ...(path !== 'subject' && { resource: record('record-1') }),
    }
    expect(await finds(path, ignored)).toEqual(names)
  })

  test.each([
    ['action', { ...may, subject: user('nonexistent-user') }],
    ['action', { ...may, subject: { type: 'spaceship', id: 'alice' } }],
    ['action', { ...may, resource: { type: 'spaceship', id: 'record-1' } }],
    ['resource', { ...reads, subject: user('nonexistent-user') }],
    ['resource', { ...reads, resource: { type: 'Space Ship' } }],
    ['subject', { ...readers, subject: { type: 'spaceship' } }],
    ['subject', { ...readers, resource: { type: 'spaceship', id: 'record-1' } }],
  ])('a search for a %s finds nothing by what is unknown', async (path, question) => {
    expect(await finds(path, question)).toEqual([])
  })

  test.each([
    ['subject', { ...readers, action: undefined }],
    ['resource', { ...reads, subject: undefined }],
    ['action', { ...may, resource: undefined }],
    ['subject', { ...readers, resource: { type: 'record' } }],
    ['resource', { ...reads, subject: { type: 'user' } }],
    ['action', { ...may, subject: { type: 'user' } }],
    ['subject', { ...readers, page: 3 }],
    ['subject', { ...readers, page: { limit: -1 } }],
    ['subject', { ...readers, page: { limit: 1.5 } }],
    ['subject', { ...readers, page: { token: 1 } }],
    ['subject', { ...readers, page: { properties: [] } }],
  ])('a search for a %s that lacks something is 400', async (path, question) => {
    expect((await pep.post(`/access/v1/search/${path}`, question)).status).toBe(400)
  })

  test('pages follow each other to the end', async () => {
    const search = '/access/v1/search/subject'
    const first = await pep.post(search, { ...readers, page: { limit: 1 } })
    expect(first.body).toMatchObject({ page: { count: 1, total: 2 }, results: [user('alice')] })
    expect(first.body.page.next_token).toMatch(/^\S+$/)
    const { next_token: token } = first.body.page
    for (const page of [{ token }, { token, limit: 1 }]) {
      const second = await pep.post(search, { ...readers, page })
      expect(second.body).toMatchObject({
        page: { next_token: '', count: 1, total: 2 },
        results: [user('bob')],
      })
    }
    expect(Object.keys(first.body)[0]).toBe('page')
  })
})

describe('Search Properties', () => {
  const closed = record('record-2', archived)
  const bob = user('bob', { role: 'admin' })

  test('S003-26 properties decide what is found', async () => {
    const writers = { subject: { type: 'user' }, action: act('write'), resource: closed }
    expect(await finds('subject', writers)).toEqual(['user bob'])
    const written = { subject: bob, action: act('write'), resource: { type: 'record' } }
    expect(await finds('resource', written)).toEqual(['record record-2'])
    expect(await finds('action', { subject: bob, resource: closed })).toEqual(['read', 'write'])
  })
})

describe('Discovery', () => {
  const wellKnown = '/.well-known/authzen-configuration'

  test('V68 what it says comes from a setting, and from nothing of the request', async () => {
    const port = Number(http.split(':').at(-1))
    const hostile = [
      ['Host', 'evil.example'],
      ['X-Forwarded-Host', 'evil.example'],
      ['X-Forwarded-Proto', 'gopher'],
      ['Forwarded', 'host=evil.example'],
    ] as const
    for (const headers of [[], hostile]) {
      const reply = await rawHttp(port, { target: wellKnown, headers })
      const body = JSON.parse(reply.body)
      expect(reply.status).toBe(200)
      expect(reply.headers['content-type']).toMatch(/^application\/json/)
      expect(body).toEqual({
        policy_decision_point: publicUrl,
        access_evaluation_endpoint: `${publicUrl}/access/v1/evaluation`,
        access_evaluations_endpoint: `${publicUrl}/access/v1/evaluations`,
        search_subject_endpoint: `${publicUrl}/access/v1/search/subject`,
        search_resource_endpoint: `${publicUrl}/access/v1/search/resource`,
        search_action_endpoint: `${publicUrl}/access/v1/search/action`,
        supported_obligations: ['custom'],
      })
    }
  })

  test('a tenant has a decision point of its own, which answers', async () => {
    const { body } = await pep.get(`${wellKnown}/authzen`)
    expect(body.policy_decision_point).toBe(`${publicUrl}/authzen`)
    const { pathname } = new URL(body.access_evaluation_endpoint)
    expect((await pep.post(pathname, aliceReads)).body.decision).toBe(true)
    for (const rest of ['Authzen', 'a/b', '%2e%2e', 'a%2fb', 'evil.example%0d%0a'])
      expect((await pep.get(`${wellKnown}/${rest}`)).status, rest).toBe(404)
  })
})
