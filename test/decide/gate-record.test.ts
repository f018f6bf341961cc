import { describe, expect, test } from 'vitest'
import type { Route } from '#core/route.ts'
import { activeBundle } from '#test/fixtures/active-bundle.ts'
import { grant, person, tenantId } from '#test/fixtures/view.ts'
import { catalogue, now } from './any-world.ts'
import { service, verbsOver } from './asking.ts'

const bundle = await activeBundle()
const route = (id: string, pattern: string, more: Partial<Route> = {}): Route => ({
  id,
  host: '*',
  method: '*',
  pattern,
  public: false,
  any_of: [],
  all_of: [],
  context: {},
  ...more,
})
const [docs = '', paid = ''] = ['docs', 'paid'].map((key) => catalogue.entitlements.get(key)?.id)
const routes = [
  route('open', '/open', { public: true }),
  route('docs', '/docs', { all_of: ['docs'] }),
  route('paid', '/paid', { all_of: ['paid'] }),
  route('enough', '/enough', { all_of: ['docs'], partial_body: true }),
  route('enough open', '/enough/open', { public: true, partial_body: true }),
  route('either', '/either', { any_of: ['paid', 'docs'] }),
  route('both', '/both', { all_of: ['docs', 'paid'] }),
  route('one', '/twice/{a}', { all_of: ['docs'], partial_body: true }),
  route('two', '/twice/{b}', { all_of: ['paid'] }),
  route('anybody', '/some/{a}', { public: true }),
  route('somebody', '/some/{b}', { all_of: ['docs'] }),
]
const holds = (...targets: string[]) =>
  verbsOver([{ catalogue, routes, grants: { alice: targets.map((target) => grant({ target })) } }], {
    bundle,
    now,
  })
const asker = { caller: service, principal: person() }
const get = (target: string) => ({ method: 'GET', host: 'h', target })
const cut = (target: string) => ({ ...get(target), body_truncated: true })

describe('what is recorded of a request', () => {
  test.each(['/both', '/twice/1'])('an allow on the way to a denial of %s is no allow', (target) => {
    const { gate, decided } = holds(docs)
    const { answer } = gate(tenantId, asker, get(target))
    expect(decided).toMatchObject([
      {
        question: { entitlement: 'paid' },
        answer: { allowed: false, decision_id: answer?.decision_id },
        parts: [{ question: { entitlement: 'docs' }, answer: { allowed: true } }],
      },
    ])
  })

  test('a denial on the way to an allow is no denial', () => {
    const { gate, decided } = holds(docs)
    const { answer } = gate(tenantId, asker, get('/either'))
    expect(decided).toMatchObject([
      {
        question: { entitlement: 'docs' },
        answer: { allowed: true, decision_id: answer?.decision_id },
        parts: [{ question: { entitlement: 'paid' }, answer: { allowed: false } }],
      },
    ])
  })

  test('all that passed stands in one allow, and nothing of the request before', () => {
    const { gate, decided } = holds(docs, paid)
    gate(tenantId, asker, get('/twice/1'))
    gate(tenantId, asker, get('/docs'))
    expect(decided).toMatchObject([
      { question: { entitlement: 'docs' }, parts: [{ question: { entitlement: 'paid' } }] },
      { question: { entitlement: 'docs' } },
    ])
    expect(decided[1]).not.toHaveProperty('parts')
  })

  test('what one of two routes asks for is told and recorded, also where the other is public', () => {
    const { gate, decided } = holds(docs, paid)
    expect(gate(tenantId, asker, get('/some/1'))).toMatchObject({
      allowed: true,
      code: 'GRANTED',
      keys: ['docs'],
      route: { id: 'somebody' },
    })
    expect(decided).toMatchObject([{ question: { entitlement: 'docs' }, answer: { allowed: true } }])
    expect(gate(tenantId, asker, get('/twice/1')).keys).toEqual(['docs', 'paid'])
    expect(gate(tenantId, undefined, get('/some/1'))).toMatchObject({ code: 'TOKEN_MISSING' })
  })

  test('a question that fails leaves no allow behind', () => {
    let asked = 0
    const failing = {
      ...bundle,
      evaluate: (...said: Parameters<typeof bundle.evaluate>) => {
        if (++asked === 2) throw new Error('no memory')
        return bundle.evaluate(...said)
      },
    }
    const { gate, decided } = verbsOver(
      [{ catalogue, routes, grants: { alice: [grant({ target: docs }), grant({ target: paid })] } }],
      { bundle: failing, now },
    )
    expect(() => gate(tenantId, asker, get('/both'))).toThrow('no memory')
    expect(decided).toEqual([])
    gate(tenantId, asker, get('/docs'))
    expect(decided).toMatchObject([{ answer: { allowed: true } }])
    expect(decided[0]).not.toHaveProperty('parts')
  })
})

describe('HARDENING C.5 a part of a body', () => {
  test('passes only where the route says that it is enough', () => {
    const { gate, decided } = holds(docs, paid)
    for (const target of ['/open', '/docs', '/both', '/twice/1']) {
      expect(gate(tenantId, asker, cut(target)), target).toMatchObject({
        allowed: false,
        code: 'BODY_TRUNCATED',
        deny_as: 403,
        keys: [],
      })
    }
    expect(decided).toEqual([])
    for (const target of ['/enough', '/enough/open']) {
      expect(gate(tenantId, asker, cut(target)), target).toMatchObject({ allowed: true })
    }
    expect(decided).toMatchObject([{ question: { entitlement: 'docs' }, answer: { allowed: true } }])
  })

  test('never tells more than a whole one would', () => {
    const { gate, decided } = holds()
    const { decision_id: _, ...whole } = { ...gate(tenantId, asker, get('/paid')).answer }
    expect(gate(tenantId, asker, cut('/paid')).answer).toMatchObject(whole)
    expect(decided).toHaveLength(2)
    expect(gate(tenantId, undefined, cut('/docs'))).toMatchObject({ code: 'TOKEN_MISSING' })
    expect(gate(tenantId, asker, cut('/nowhere'))).toMatchObject({ code: 'ROUTE_UNKNOWN' })
  })
})
