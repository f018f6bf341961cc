import type { Json } from '#core/json.ts'
import type { Tx } from '#postgres/pool.ts'
import {
  addEntitlement,
  addFamily,
  addModule,
  addProduct,
  addResource,
  type NewEntitlement,
} from './catalogue.ts'
import { addPlan, type PlanItem, publishPlan } from './plans.ts'

const flag = (key: string, more: Partial<NewEntitlement> = {}): NewEntitlement => ({
  key,
  combine: 'any',
  ...more,
})

const entitlements: readonly NewEntitlement[] = [
  flag('member'),
  flag('api_access'),
  { key: 'api_calls', kind: 'limit', combine: 'max', unit: 'calls a day', deny_as: 429 },
  flag('docs_paid'),
  flag('docs_paid_monthly'),
  flag('docs_paid_yearly'),
  flag('copilot_paid'),
  flag('learn_member'),
  flag('academy_all'),
  flag('academy_track:kubernetes'),
  flag('academy_track:networking'),
  { key: 'corpora', kind: 'config', combine: 'union' },
  { key: 'copilot_quota', kind: 'limit', combine: 'max', unit: 'questions a day', deny_as: 429 },
  flag('enterprise_sso'),
  flag('early_access'),
  flag('reports', { requires: ['api_access'] }),
  flag('module-2', { requires_facts: ['completed:module-1'] }),
  flag('new_dashboard', { experiment: { key: 'dashboard', variants: ['b'] } }),
  flag('export', { attributes: { country: { type: 'string', required: true, one_of: ['DE', 'FR', 'NL'] } } }),
]

// What the pattern matches also gives the entitlement.
const families = [
  ['docs_paid*', 'docs_paid'],
  ['learn_member*', 'docs_paid'],
  ['learn_member*', 'copilot_paid'],
  ['academy_all*', 'academy_track:kubernetes'],
  ['academy_all*', 'academy_track:networking'],
] as const

type Values = { readonly corpora: Json; readonly copilot_quota: number; readonly api_calls: number }

const withValues = (values: Values): PlanItem[] =>
  Object.entries(values).map(([entitlement, value]) => ({ entitlement, value: value as Json }))
const flags = (...keys: readonly string[]): PlanItem[] => keys.map((entitlement) => ({ entitlement }))

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
export async function addDemoCatalogue(tx: Tx, tenant: string): Promise<void> {
  await addModule(tx, tenant, { key: 'app' })
  await addModule(tx, tenant, { key: 'downloads', member_entitlement: 'member' })
  await addModule(tx, tenant, { key: 'workplace', provisioning: 'org_hierarchy', zone: 'Europe/Berlin' })
  for (const entitlement of entitlements) await addEntitlement(tx, tenant, entitlement)
  for (const [pattern, key] of families) await addFamily(tx, tenant, pattern, key)
  await addProduct(tx, tenant, {
    key: 'runner',
    name: 'Runner',
    requires_entitlement: true,
    surfaces: { download: { deny_as: 403 }, manifest: { deny_as: 404 }, docs: { open: true } },
  })
  await addProduct(tx, tenant, { key: 'handbook', name: 'Handbook' })
  for (const { items, ...plan } of plans) {
    await addPlan(tx, tenant, plan)
    await publishPlan(tx, tenant, plan.key, items)
  }
  await addResource(tx, tenant, { kind: 'content', key: 'lesson/welcome' })
  await addResource(tx, tenant, {
    kind: 'content',
    key: 'lesson/kubernetes-1',
    entitlement: 'academy_track:kubernetes',
  })
  await addResource(tx, tenant, {
    kind: 'content',
    key: 'lesson/networking-1',
    entitlement: 'academy_track:networking',
  })
  await addResource(tx, tenant, { kind: 'navigation', key: 'home' })
  await addResource(tx, tenant, { kind: 'navigation', key: 'reports', entitlement: 'reports' })
}
