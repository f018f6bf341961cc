import type { PolicySources } from './policy-sources.ts'
import { BundleRefused } from './refusal.ts'
import { packageOf, type RegoModule, refsOf, ruleName } from './rego-syntax.ts'
import { packageMetadata, type RuleMetadata } from './rule-metadata.ts'

/** A module with what the build wants to know of it. */
export type RuleModule = {
  readonly path: string
  readonly package: string
  readonly syntax: RegoModule
  readonly metadata: RuleMetadata
  /** Names of the rules it defines. */
  readonly names: ReadonlySet<string>
}

export function ruleModules(
  sources: PolicySources,
  syntax: ReadonlyMap<string, RegoModule>,
): readonly RuleModule[] {
  return [...syntax]
    .map(([path, module]) => ({
      path,
      package: packageOf(module),
      syntax: module,
      metadata: packageMetadata(path, sources.get(path) ?? ''),
      names: new Set((module.rules ?? []).map(ruleName)),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Whether the clock may change what it says: it reads the time, or something that may. */
export function readsClock({ syntax, package: own }: RuleModule): boolean {
  for (const reference of refsOf([syntax.rules, syntax.imports])) {
    const [root, key, ...rest] = reference.path
    if (root === 'input' && (key === undefined || key === 'now' || key === 'time')) return true
    const path = [key, ...rest].join('.')
    if (root === 'data' && path !== 'vouchsafe.lib' && !path.startsWith(`${own}.`)) return true
  }
  return false
}

export function refuse(module: RuleModule, why: string): never {
  throw new BundleRefused(`${module.path}: ${why}`)
}
