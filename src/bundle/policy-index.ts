import { type RuleModule, readsClock, refuse } from './rule-module.ts'

/** data.vouchsafe.index: what the composition evaluates, and in which order. */
export type PolicyIndex = {
  /** Of ours, those that must be proven. */
  readonly guards: readonly string[]
  /** Of ours, those that give evidence or say why there is none. */
  readonly rules: readonly string[]
  readonly custom: readonly CustomRule[]
}

export type CustomRule = {
  readonly team: string
  readonly rule: string
  /** Keys, or "*" for all. Named nowhere: it applies nowhere. */
  readonly tenants: readonly string[]
  readonly modules: readonly string[]
  readonly guard: boolean
  /** It reads the clock, so without an `until` the answer's end is unknown. */
  readonly clock: boolean
}

const namePattern = /^[a-z][a-z0-9_]*$/
const exported = ['allow', 'miss', 'pass'] as const

/** Throws BundleRefused for a rule that the composition could not find, place or explain. */
export function policyIndex(modules: readonly RuleModule[]): PolicyIndex {
  const ours = modules.filter((module) => module.package.startsWith('vouchsafe.rules.'))
  for (const module of ours) checkPlace(module)
  const sorted = ours.toSorted((a, b) => orderOf(a) - orderOf(b) || (a.package < b.package ? -1 : 1))
  return {
    guards: sorted.filter(isGuard).map(lastName),
    rules: sorted.filter((module) => !isGuard(module)).map(lastName),
    custom: modules.filter(({ path }) => path.startsWith('custom/')).map(customRule),
  }
}

function customRule(module: RuleModule): CustomRule {
  checkPlace(module)
  const { title, custom = {} } = module.metadata
  if (!title) refuse(module, 'its METADATA needs a title')
  const [, team = '', rule = ''] = module.package.split('.')
  for (const code of Object.keys(custom.reasons ?? {})) {
    if (!code.startsWith(`${team}/`)) refuse(module, `the reason ${code} has to begin with ${team}/`)
  }
  return {
    team,
    rule,
    tenants: texts(module, 'tenants'),
    modules: texts(module, 'modules'),
    guard: isGuard(module),
    clock: readsClock(module),
  }
}

function texts(module: RuleModule, key: 'tenants' | 'modules'): readonly string[] {
  const list = module.metadata.custom?.[key] ?? []
  if (!Array.isArray(list) || list.some((item) => typeof item !== 'string')) {
    refuse(module, `${key} in its METADATA has to be a list of texts`)
  }
  return list
}

// Both vouchsafe.rules.<rule> and custom.<team>.<rule> have three names.
function checkPlace(module: RuleModule): void {
  const names = module.package.split('.')
  const place = `${names.join('/')}/${names.at(-1)}.rego`
  if (names.length !== 3 || module.path !== place) refuse(module, `its package belongs into ${place}`)
  for (const name of names) if (!namePattern.test(name)) refuse(module, `${name} is no plain name`)
  if (!exported.some((name) => module.names.has(name))) refuse(module, 'it defines no allow, miss or pass')
  if (module.syntax.rules?.some((rule) => rule.default && rule.head.ref[0]?.value === 'pass')) {
    refuse(module, 'a guard has to prove that it passes: no default')
  }
}

function isGuard(module: RuleModule): boolean {
  return module.names.has('pass')
}

function orderOf(module: RuleModule): number {
  return module.metadata.custom?.order ?? refuse(module, 'its METADATA needs custom.order')
}

function lastName(module: RuleModule): string {
  return module.package.split('.').at(-1) ?? ''
}
