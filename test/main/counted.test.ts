import { expect, test } from 'vitest'
import type { Question } from '#decide/verbs.ts'
import { openStack } from '#test/fixtures/stack.ts'
import { emptyCatalogue, entitlement, person, viewOf } from '#test/fixtures/view.ts'

const caller = { id: 'c-1', name: 'test', kind: 'key', roles: ['service'] } as const

test('S003-39 questions are counted by what the tenant has: names made up by callers take no place', async () => {
  const product = {
    id: 'p',
    key: 'app',
    name: 'app',
    requires_entitlement: true,
    active: true,
    surfaces: new Map(),
  }
  const catalogue = {
    ...emptyCatalogue(),
    entitlements: new Map([['docs', entitlement('docs')]]),
    products: new Map([['app', product]]),
  }
  await using stack = await openStack([viewOf({ catalogue })])
  const ask = (question: Partial<Question>) =>
    stack.needs.verbs.check(
      { caller, principal: person() },
      { entitlement: 'docs', context: { attributes: {} }, quantity: 1, explain: false, ...question },
    )
  for (let i = 0; i < 1100; i++) ask({ entitlement: `made-up-${i}` })
  for (let i = 0; i < 1100; i++)
    ask({ entitlement: `surface-${i}`, resource: { kind: 'product', id: 'app' } })
  ask({})
  ask({ context: { attributes: { half: '\ud800' } } })
  const text = await stack.needs.metrics.text()
  expect(text).not.toMatch(/made-up|surface-/)
  expect(text).toContain('vouchsafe_entitlement_checks_total{entitlement="docs",allowed="false"} 2')
  expect(text).toContain('vouchsafe_entitlement_checks_total{entitlement="product",allowed="false"} 1100')
  expect(text).toContain('vouchsafe_entitlement_checks_total{entitlement="unknown",allowed="false"} 1100')
  expect(text).toContain('vouchsafe_evaluations_total{outcome="POLICY_FAILED"} 1')
})
