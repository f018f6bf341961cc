import { expect, test } from 'vitest'
import { openStack } from '#test/fixtures/stack.ts'
import { emptyCatalogue, entitlement, gives, grant, person, tenantId, viewOf } from '#test/fixtures/view.ts'

const caller = { id: 'c-1', name: 'test', kind: 'key', roles: ['service'] } as const
const keys = Array.from({ length: 300 }, (_, i) => `key-${i}`)
const catalogue = {
  ...emptyCatalogue(),
  entitlements: new Map(keys.map((key) => [key, entitlement(key)])),
  givers: new Map(keys.map((key) => [key, new Map([[`e-${key}`, gives('entitlement')]])])),
}
const grants = { alice: keys.map((key) => grant({ target: `e-${key}` })) }

test('S000-19 V12 a list that runs while bundle and data are replaced is of those it began with', async () => {
  await using stack = await openStack([viewOf({ catalogue, grants })])
  const { bundle } = stack.state
  const asker = { caller, principal: person() }
  const listing = stack.needs.verbs.listEntitlements(asker, { attributes: {} })
  stack.state.bundle = { ...bundle, revision: 'next', evaluate: (_, id) => bundle.evaluate('', id) }
  stack.views.set(tenantId, viewOf({ catalogue, grants: {}, revision: 2 }))
  const before = await listing
  expect(before.entitlements).toHaveLength(keys.length)
  expect(before.bundle_revision).toBe(bundle.revision)
  const after = await stack.needs.verbs.listEntitlements(asker, { attributes: {} })
  expect(after.entitlements).toEqual([])
  expect(after.bundle_revision).toBe('next')
  expect(after.data_revision).not.toBe(before.data_revision)
})

test('V36 a tenant that is suspended while a list runs is answered no more after it', async () => {
  await using stack = await openStack([viewOf({ catalogue, grants })])
  const tenant = { ...catalogue.tenant, active: false }
  const list = () => stack.needs.verbs.listEntitlements({ caller, principal: person() }, { attributes: {} })
  expect((await list()).entitlements).toHaveLength(keys.length)
  stack.views.set(tenantId, viewOf({ catalogue: { ...catalogue, tenant }, grants, revision: 2 }))
  await expect(list()).rejects.toMatchObject({ code: 'TENANT_MISMATCH' })
})
