import type { PolicySources } from './policy-sources.ts'
import { BundleRefused } from './refusal.ts'
import { runOpa } from './run-opa.ts'

export type Term = { readonly type: string; readonly value: unknown }
export type Expression = { readonly negated?: boolean; readonly terms: unknown }
export type RegoRule = {
  readonly default?: boolean
  readonly head: { readonly ref: readonly Term[]; readonly args?: readonly Term[]; readonly value?: Term }
  readonly body?: readonly Expression[]
  readonly else?: RegoRule
}
export type RegoModule = {
  readonly package: { readonly path: readonly Term[] }
  readonly imports?: readonly { readonly path: Term; readonly alias?: string }[]
  readonly rules?: readonly RegoRule[]
}

const query = '{path: module | some path, text in input; module := rego.parse_module(path, text)}'

/** Syntax trees, by path, of all given modules; one process for all of them. */
export async function parseModules(
  opa: string,
  modules: PolicySources,
): Promise<ReadonlyMap<string, RegoModule>> {
  const { ok, stdout, problem } = await runOpa(
    opa,
    ['eval', '-I', '-f', 'raw', '--strict-builtin-errors', query],
    {
      input: JSON.stringify(Object.fromEntries(modules)),
    },
  )
  if (!ok) throw new BundleRefused(`The policies cannot be parsed: ${problem}`)
  return new Map(Object.entries(JSON.parse(stdout) as Record<string, RegoModule>))
}

/** "vouchsafe.rules.grant" */
export function packageOf(module: RegoModule): string {
  return module.package.path
    .slice(1)
    .map(({ value }) => String(value))
    .join('.')
}

export function ruleName(rule: RegoRule): string {
  return String(rule.head.ref[0]?.value)
}

/**
 * Every reference below, as its path: "input.time.hour" → ["input", "time", "hour"]. What is not a constant is
 * undefined. A name alone is a variable, unless it is called.
 */
export function* refsOf(node: unknown): Generator<Reference> {
  if (Array.isArray(node)) {
    for (const item of node) yield* refsOf(item)
  } else if (isTerm(node) && node.type === 'ref') {
    const [head, ...rest] = node.value as readonly Term[]
    const keys = rest.map(({ type, value }) => (type === 'string' ? String(value) : undefined))
    yield { path: [head?.type === 'var' ? String(head.value) : undefined, ...keys], variable: false }
    if (head?.type !== 'var') yield* refsOf(head)
    yield* refsOf(rest)
  } else if (isTerm(node) && node.type === 'var') {
    yield { path: [String(node.value)], variable: true }
  } else if (typeof node === 'object' && node !== null) {
    for (const child of Object.values(node)) yield* refsOf(child)
  }
}

export type RefPath = readonly (string | undefined)[]
export type Reference = { readonly path: RefPath; readonly variable: boolean }

function isTerm(node: unknown): node is Term {
  return typeof node === 'object' && node !== null && 'type' in node && 'value' in node
}
