import { expect, test } from 'vitest'
import type { Route } from '#core/route.ts'
import { openStack } from '#test/fixtures/stack.ts'
import { emptyCatalogue, entitlement, gives, grant, person, tenantId, viewOf } from '#test/fixtures/view.ts'

const caller = { id: 'c-1', name: 'test', kind: 'key', roles: ['gateway'] } as const
const route = (pattern: string, needs: Partial<Route>): Route => ({
  ...{ id: pattern, host: '*', method: '*', pattern, public: false, any_of: [], all_of: [], context: {} },
  ...needs,
})
const catalogue = {
  ...emptyCatalogue(),
  entitlements: new Map([entitlement('docs'), entitlement('paid')].map((each) => [each.key, each])),
  givers: new Map([['docs', new Map([['e-docs', gives('entitlement')]])]]),
}
const routes = [route('/both', { all_of: ['docs', 'paid'] }), route('/either', { any_of: ['paid', 'docs'] })]

test('S003-13 the journals hold a gateway’s verdict as it was given, once', async () => {
  const world = viewOf({ catalogue, routes, grants: { alice: [grant({ target: 'e-docs' })] } })
  await using stack = await openStack([world])
  const ask = (target: string) =>
    stack.needs.verbs.gate(
      tenantId,
      { caller, principal: person(), door: 'ext_authz', verb: 'Check' },
      { method: 'GET', host: 'h', target },
    )
  const denied = ask('/both')
  for (let each = 0; each < 20; each++) expect(ask('/either').allowed).toBe(true)
  const { decisions, security } = await stack.journals()
  const { decision_id } = denied.answer ?? {}
  expect(decisions.filter(({ route: of }) => of === 'GET /both')).toMatchObject([
    {
      decision_id,
      question: 'paid',
      result: { allowed: false },
      parts: [{ question: 'docs', result: { allowed: true }, input: { entitlement: { key: 'docs' } } }],
    },
  ])
  expect(decisions.filter(({ result }) => !(result as { allowed: boolean }).allowed)).toHaveLength(1)
  expect(security).toMatchObject([{ kind: 'authorization_denied', decision_id, entitlement: 'paid' }])
  const text = await stack.needs.metrics.text()
  expect(text).toContain('vouchsafe_entitlement_checks_total{entitlement="docs",allowed="true"} 21')
  expect(text).toContain('vouchsafe_evaluations_total{outcome="ok"} 42')
  expect(text).toMatch(/vouchsafe_denials_total\{reason="[A-Z_]+"\} 1\n/)
})
