import { describe, expect, test } from 'vitest'
import { buildCatalogue } from '#snapshot/build-catalogue.ts'
import { readCallers } from '#snapshot/read-callers.ts'
import type { Row } from '#snapshot/row.ts'
import { SmallRows, type SmallTable } from '#snapshot/small-tables.ts'

const tenant = uuidOf(1)
const entitlement = (n: number, key: string, more: Row = {}): Row => ({
  id: uuidOf(n),
  key,
  kind: 'boolean',
  combine: 'any',
  attributes: {},
  requires: [],
  requires_facts: [],
  experiment: null,
  deny_as: 403,
  fail_mode: { mode: 'closed' },
  archived_at: null,
  ...more,
})
const tenantRow = { key: 't', grace_days: 7, default_module: null, default_tier: null, active: true }
const item = (n: number, version: number, entitlementId: number | undefined, more: Row = {}): Row => ({
  id: uuidOf(n),
  plan_version_id: uuidOf(version),
  entitlement_id: entitlementId === undefined ? null : uuidOf(entitlementId),
  product_id: null,
  value: null,
  ...more,
})
const version = (n: number, plan: number, number: number, status: string): Row => ({
  id: uuidOf(n),
  plan_id: uuidOf(plan),
  n: number,
  status,
})

describe('what gives a key', () => {
  test('the entitlement itself and each published or retired plan version with an item for it, not a draft', () => {
    const { catalogue } = build({
      entitlements: [entitlement(10, 'quota')],
      plans: [{ id: uuidOf(20), key: 'pro', kind: 'tier', rank: 2 }],
      plan_versions: [
        version(21, 20, 1, 'retired'),
        version(22, 20, 2, 'published'),
        version(23, 20, 3, 'draft'),
      ],
      plan_items: [item(31, 21, 10, { value: 5 }), item(32, 22, 10, { value: 9 }), item(33, 23, 10)],
    })
    expect(catalogue.givers.get('quota')).toEqual(
      new Map<string, unknown>([
        [uuidOf(10), { kind: 'entitlement' }],
        [uuidOf(21), { kind: 'plan', plan: 'pro', value: 5 }],
        [uuidOf(22), { kind: 'plan', plan: 'pro', value: 9 }],
      ]),
    )
    expect(catalogue.plans.get('pro')).toEqual({
      id: uuidOf(20),
      key: 'pro',
      kind: 'tier',
      rank: 2,
      current: uuidOf(22),
    })
    expect([...catalogue.plan_versions.keys()]).toEqual([uuidOf(21), uuidOf(22)])
  })

  test('S002-32 any docs_paid* gives docs; a track gives that track only', () => {
    const { catalogue } = build({
      entitlements: [
        entitlement(10, 'docs'),
        entitlement(11, 'docs_paid'),
        entitlement(12, 'docs_paid_monthly'),
        entitlement(13, 'academy_track:go'),
        entitlement(14, 'all'),
        entitlement(15, 'docs_paid_old', { archived_at: '2026-01-01T00:00:00+00:00' }),
      ],
      entitlement_families: [
        { pattern: 'docs_paid*', entitlement_id: uuidOf(10) },
        { pattern: 'docs*', entitlement_id: uuidOf(14) },
        { pattern: 'all*', entitlement_id: uuidOf(10) },
      ],
    })
    const targets = (key: string) => [...(catalogue.givers.get(key)?.keys() ?? [])].sort()
    expect(targets('docs')).toEqual([10, 11, 12, 14].map(uuidOf))
    expect(targets('all')).toEqual([10, 11, 12, 14].map(uuidOf))
    expect(targets('docs_paid')).toEqual([uuidOf(11)])
    expect(targets('academy_track:go')).toEqual([uuidOf(13)])
    expect(catalogue.entitlements.has('docs_paid_old')).toBe(false)
  })

  test('a product: itself and the plan versions that hold it', () => {
    const { catalogue } = build({
      products: [{ id: uuidOf(40), key: 'app', name: 'App', requires_entitlement: true, active: true }],
      product_entitlements: [{ product_id: uuidOf(40), surface: 'docs', open: true, deny_as: null }],
      plans: [{ id: uuidOf(20), key: 'pro', kind: 'base', rank: 7 }],
      plan_versions: [version(22, 20, 1, 'published')],
      plan_items: [item(31, 22, undefined, { product_id: uuidOf(40) })],
    })
    expect([...(catalogue.givers.get('product:app')?.keys() ?? [])]).toEqual([uuidOf(40), uuidOf(22)])
    expect(catalogue.products.get('app')?.surfaces.get('docs')).toEqual({ open: true })
    expect(catalogue.plans.get('pro')?.rank).toBe(0)
  })
})

describe('F20 a poison row denies itself, is counted, and leaves the others alone', () => {
  test.each<[SmallTable, Row]>([
    ['entitlements', entitlement(66, 'bad', { kind: 'magic' })],
    ['entitlements', entitlement(66, 'bad', { fail_mode: { mode: 'ajar' } })],
    ['entitlements', entitlement(66, 'bad', { fail_mode: 'open' })],
    ['entitlements', entitlement(66, 'bad', { attributes: { seats: { type: 'tensor' } } })],
    ['entitlements', entitlement(66, 'bad', { attributes: [] })],
    ['entitlements', entitlement(66, 'bad', { requires: 'x' })],
    ['entitlements', entitlement(66, 'bad', { experiment: { key: 'x' } })],
    ['entitlements', entitlement(66, 'BAD')],
    ['products', { id: uuidOf(66), key: 'bad', name: '', requires_entitlement: 'no', active: true }],
    ['plans', { id: uuidOf(66), key: 'bad', kind: 'tier', rank: 'high' }],
    ['resources', { kind: 'content', key: 'bad', entitlement_id: uuidOf(999) }],
    ['issuers', { id: uuidOf(66), tenant_id: tenant, iss: 'https://bad.test', claim_map: {} }],
  ])('%s %j', (table, row) => {
    const good = { entitlements: [entitlement(10, 'good')] }
    const { catalogue, poison } = build({
      ...good,
      [table]: [...(table === 'entitlements' ? good.entitlements : []), row],
    })
    expect(poison).toEqual([table])
    expect([...catalogue.entitlements.keys()]).toEqual(['good'])
    expect(catalogue.givers.has('bad')).toBe(false)
    expect(catalogue.products.has('bad')).toBe(false)
    expect(catalogue.plans.has('bad')).toBe(false)
    expect(catalogue.resources.size).toBe(0)
    expect(catalogue.issuers).toEqual([])
  })

  test('a module that cannot be read keeps a membership that nobody has', () => {
    const { catalogue, poison } = build({
      modules: [{ key: 'm', provisioning: 'direct_user', member_entitlement: null, zone: 'Mars/Base' }],
    })
    expect(poison).toEqual(['modules'])
    expect(catalogue.modules.get('m')?.member_entitlement).toBe('!')
  })

  test('an exception of a product that cannot be read opens nothing', () => {
    const { catalogue, poison } = build({
      products: [{ id: uuidOf(40), key: 'app', name: '', requires_entitlement: true, active: true }],
      product_entitlements: [{ product_id: uuidOf(40), surface: 'docs', open: 'yes', deny_as: null }],
    })
    expect(poison).toEqual(['product_entitlements'])
    expect(catalogue.products.get('app')?.surfaces.size).toBe(0)
  })

  test('of a tenant whose own row cannot be read, nothing is offered', () => {
    const { catalogue, poison } = build({
      tenants: [{ ...tenantRow, grace_days: 'many' }],
      entitlements: [entitlement(10, 'good')],
    })
    expect(poison).toEqual(['tenants'])
    expect(catalogue.tenant.active).toBe(false)
    expect(catalogue.entitlements.size).toBe(0)
  })

  test('V36 a caller that cannot be read has no keys; one that is disabled has disabled keys and no certificate', () => {
    const rows = rowsOf({
      callers: [
        {
          id: uuidOf(50),
          tenant_id: tenant,
          name: 'a',
          kind: 'key',
          roles: ['service'],
          certificate_sha256: 'ab',
          disabled_at: '2026-01-01T00:00:00+00:00',
        },
        {
          id: uuidOf(51),
          tenant_id: tenant,
          name: 'b',
          kind: 'key',
          roles: ['emperor'],
          certificate_sha256: 'cd',
          disabled_at: null,
        },
      ],
      caller_keys: [50, 51].map((n) => ({
        id: `key${n}`,
        caller_id: uuidOf(n),
        sha256: `\\x${'00'.repeat(32)}`,
        expires_at: null,
        disabled_at: null,
      })),
    })
    const poison: string[] = []
    const callers = readCallers(rows, (table) => poison.push(table))
    expect(poison).toEqual(['callers', 'caller_keys'])
    expect([...callers.keys].map(([id, key]) => [id, key.disabled])).toEqual([['key50', true]])
    expect(callers.certificates.size).toBe(0)
  })
})

test('V54 names that objects inherit are names like any other', () => {
  const hostile = ['constructor', 'toString', 'has_own_property']
  const attributes = JSON.parse('{"__proto__": {"type": "string", "required": true}}') as Row
  const { catalogue } = build({
    entitlements: [
      ...hostile.map((key, n) => entitlement(10 + n, key)),
      entitlement(20, 'x', { attributes }),
    ],
  })
  expect([...catalogue.entitlements.keys()]).toContain('has_own_property')
  expect(Object.keys(catalogue.entitlements.get('x')?.attributes ?? {})).toEqual(['__proto__'])
})

function build(tables: Partial<Record<SmallTable, readonly Row[]>>) {
  const poison: string[] = []
  const catalogue = buildCatalogue(tenant, rowsOf({ tenants: [tenantRow], ...tables }), (table) =>
    poison.push(table),
  )
  return { catalogue, poison }
}

function rowsOf(tables: Partial<Record<SmallTable, readonly Row[]>>): SmallRows {
  const rows = new SmallRows()
  for (const [table, list] of Object.entries(tables))
    for (const row of list) rows.put(table as SmallTable, row)
  return rows
}

function uuidOf(n: number): string {
  return `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
}
