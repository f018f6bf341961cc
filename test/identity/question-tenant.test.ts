import { describe, expect, test } from 'vitest'
import { AppError } from '#core/errors.ts'
import type { Caller, TenantView } from '#core/tenant-view.ts'
import { createTenantRule } from '#identity/question-tenant.ts'
import { tenantA, tenantB } from './fixtures.ts'

const suspended = '01990000-0000-7000-8000-00000000000c'
const views = [
  [tenantA, 'a', true],
  [tenantB, 'b', true],
  [suspended, 'c', false],
  ['01990000-0000-7000-8000-00000000000d', 'stray', true],
] as const
const rule = createTenantRule({
  snapshot: {
    tenant: (name) => {
      const found = views.find(([id, key]) => id === name || key === name)
      if (found === undefined) return undefined
      const [id, key, active] = found
      return { id, catalogue: { tenant: { id, key, active } } } as TenantView
    },
  },
})
const own: Caller = { id: '1', name: 'own', tenant: tenantA, kind: 'key', roles: ['service'] }
const platform: Caller = { id: '2', name: 'platform', kind: 'key', roles: ['operator'] }

function outcome(caller: Caller, clues: { tokenTenant?: string; named?: string }): string {
  try {
    return rule.tenantOf(caller, clues).id
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return `${error.code} ${error.message} ${JSON.stringify(error.metadata)}`
  }
}

const mismatch = outcome(own, { named: 'nobody' })

test('a mismatch is PERMISSION_DENIED', () => {
  expect(mismatch).toContain('TENANT_MISMATCH')
})

describe('a tenant’s caller asks in its tenant', () => {
  test.each([
    {},
    { tokenTenant: tenantA },
    { named: tenantA },
    { named: 'a' },
    { named: '' },
    { tokenTenant: tenantA, named: 'a' },
  ])('with %j', (clues) => {
    expect(outcome(own, clues)).toBe(tenantA)
  })

  test.each([
    { tokenTenant: tenantB },
    { named: tenantB },
    { named: 'b' },
    { named: 'c' },
    { named: 'nobody' },
    { named: '__proto__' },
    { tokenTenant: tenantA, named: 'b' },
    { tokenTenant: tenantB, named: 'a' },
  ])('V28 and with %j gets the same refusal for foreign, suspended and unknown', (clues) => {
    expect(outcome(own, clues)).toBe(mismatch)
  })

  test('not even its own when that is suspended or gone', () => {
    expect(outcome({ ...own, tenant: suspended }, {})).toBe(mismatch)
    expect(outcome({ ...own, tenant: '01990000-0000-7000-8000-0000000000ff' }, {})).toBe(mismatch)
    expect(outcome({ ...own, tenant: 'stray' }, {})).toBe(mismatch)
  })
})

describe('a platform caller asks in the token’s tenant, or the one it names', () => {
  test('with a clue', () => {
    expect(outcome(platform, { tokenTenant: tenantB })).toBe(tenantB)
    expect(outcome(platform, { named: 'b' })).toBe(tenantB)
    expect(outcome(platform, { tokenTenant: tenantB, named: 'b' })).toBe(tenantB)
  })

  test('the token’s goes before the name', () => {
    expect(outcome(platform, { tokenTenant: tenantA, named: 'b' })).toBe(mismatch)
    expect(outcome(platform, { tokenTenant: 'a' })).toBe(mismatch)
  })

  test('without one it must name it; an unknown or suspended one is a mismatch', () => {
    expect(outcome(platform, {})).toContain('INVALID_FIELD')
    expect(outcome(platform, { named: '' })).toContain('INVALID_FIELD')
    expect(outcome(platform, { named: 'nobody' })).toBe(mismatch)
    expect(outcome(platform, { named: 'c' })).toBe(mismatch)
  })
})
