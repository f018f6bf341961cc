import type { Json } from '#core/json.ts'
import type { Tx } from '#postgres/pool.ts'
import type { WriteScope } from './command.ts'
import { createEntitlement } from './entitlements.ts'
import { createModule } from './modules.ts'
import { createPlan, createPlanVersion, publishPlanVersion } from './plan-versions.ts'
import { createProduct } from './products.ts'
import { putResource } from './resources.ts'

const flag = (key: string, more: object = {}) => ({ key, kind: 'boolean', combine: 'any', ...more })

const entitlements = [
  flag('member'),
  flag('api_access'),
  { key: 'api_calls', kind: 'limit', combine: 'max', unit: 'calls a day', deny_as: 429 },
  flag('docs_paid', { families: ['docs_paid*', 'learn_member*'] }),
  flag('docs_paid_monthly'),
  flag('docs_paid_yearly'),
  flag('copilot_paid', { families: ['learn_member*'] }),
  flag('learn_member'),
  flag('academy_all'),
  flag('academy_track:kubernetes', { families: ['academy_all*'] }),
  flag('academy_track:networking', { families: ['academy_all*'] }),
  { key: 'corpora', kind: 'config', combine: 'union' },
  { key: 'copilot_quota', kind: 'limit', combine: 'max', unit: 'questions a day', deny_as: 429 },
  flag('enterprise_sso'),
  flag('early_access'),
  flag('reports', { requires: ['api_access'] }),
  flag('module-2', { requires_facts: ['completed:module-1'] }),
  flag('new_dashboard', { experiment: { key: 'dashboard', variants: ['b'] } }),
  flag('export', { attributes: { country: { type: 'string', required: true, one_of: ['DE', 'FR', 'NL'] } } }),
]

const resources = [
  ['content', 'lesson/welcome', ''],
  ['content', 'lesson/kubernetes-1', 'academy_track:kubernetes'],
  ['content', 'lesson/networking-1', 'academy_track:networking'],
  ['navigation', 'home', ''],
  ['navigation', 'reports', 'reports'],
] as const

type Item = { readonly entitlement?: string; readonly product?: string; readonly value?: Json }
type Values = { readonly corpora: Json; readonly copilot_quota: number; readonly api_calls: number }

const withValues = (values: Values): Item[] =>
  Object.entries(values).map(([entitlement, value]) => ({ entitlement, value }))
const flags = (...keys: readonly string[]): Item[] => keys.map((entitlement) => ({ entitlement }))

const free = withValues({ corpora: 'public', copilot_quota: 20, api_calls: 100 })
const supporter = [
  ...flags('member', 'api_access', 'docs_paid'),
  ...withValues({ corpora: 'member', copilot_quota: 200, api_calls: 1000 }),
]
const pro = [
  ...flags(
    'member',
    'api_access',
    'docs_paid',
    'copilot_paid',
    'academy_all',
    'reports',
    'module-2',
    'export',
  ),
  ...withValues({ corpora: 'member', copilot_quota: 1000, api_calls: 10_000 }),
  { product: 'runner' },
]
const learnMember = [
  ...flags('learn_member', 'docs_paid', 'copilot_paid'),
  { entitlement: 'corpora', value: 'member' },
  { entitlement: 'copilot_quota', value: 500 },
]
const team = [...flags('member', 'api_access', 'enterprise_sso'), { product: 'runner' }]

const plans = [
  { key: 'free', name: 'Free', kind: 'tier', rank: 0, items: free },
  { key: 'supporter', name: 'Supporter', kind: 'tier', rank: 1, items: supporter },
  { key: 'pro', name: 'Pro', kind: 'tier', rank: 2, items: pro },
  { key: 'learn_member', name: 'Learn membership', kind: 'addon', rank: 0, items: learnMember },
  { key: 'team', name: 'Team', kind: 'base', rank: 0, items: team },
] as const

/** What both demo tenants sell, under the same keys. */
export async function addDemoCatalogue(tx: Tx, scope: WriteScope): Promise<void> {
  await createModule(tx, scope, { key: 'app' })
  await createModule(tx, scope, { key: 'downloads', member_entitlement: 'member' })
  await createModule(tx, scope, { key: 'workplace', provisioning: 'org_hierarchy', zone: 'Europe/Berlin' })
  for (const entitlement of entitlements) await createEntitlement(tx, scope, entitlement)
  const surfaces = [
    { surface: 'download', deny_as: 403 },
    { surface: 'manifest', deny_as: 404 },
    { surface: 'docs', open: true, deny_as: 0 },
  ]
  await createProduct(tx, scope, { key: 'runner', name: 'Runner', requires_entitlement: true, surfaces })
  await createProduct(tx, scope, { key: 'handbook', name: 'Handbook' })
  for (const { items, ...plan } of plans) {
    await createPlan(tx, scope, plan)
    const full = items.map((item: Item) => ({ entitlement: '', product: '', ...item }))
    await createPlanVersion(tx, scope, { plan: plan.key, items: full })
    await publishPlanVersion(tx, scope, { version: `${plan.key}@1`, etag: '' })
  }
  for (const [kind, key, entitlement] of resources)
    await putResource(tx, scope, { kind, key, name: '', entitlement })
}
