import { type Reference, type RefPath, refsOf, ruleName } from './rego-syntax.ts'
import type { RuleModule } from './rule-module.ts'

/** Built-ins that give an answer for arguments of any type: below a `not` they hide no error. */
const infallible: ReadonlySet<string> = new Set([
  ...['eq', 'equal', 'neq', 'lt', 'lte', 'gt', 'gte', 'assign', 'internal.member_2', 'internal.member_3'],
  ...['is_array', 'is_boolean', 'is_null', 'is_number', 'is_object', 'is_set', 'is_string', 'type_name'],
])

const index = 'data.vouchsafe.index'

/**
 * One line for each `not` above something that can fail. In WASM an error is undefined, so such a `not` would
 * turn a type error into a pass. A reference that is resolved only at run time counts as one that can fail.
 */
export function lintPolicies(modules: readonly RuleModule[], builtins: ReadonlySet<string>): string[] {
  const known = { rules: definitions(modules), builtins }
  return modules.flatMap((module) =>
    [...negations(module.syntax.rules)].flatMap((negated) => {
      const culprit = fallible(negated, module, known, new Set())
      return culprit === undefined ? [] : [`${module.path}: a \`not\` is above ${culprit}, which can fail`]
    }),
  )
}

type Definition = { readonly module: RuleModule; readonly bodies: unknown[] }
type Known = { readonly rules: ReadonlyMap<string, Definition>; readonly builtins: ReadonlySet<string> }

function definitions(modules: readonly RuleModule[]): ReadonlyMap<string, Definition> {
  const known = new Map<string, Definition>()
  for (const module of modules) {
    for (const rule of module.syntax.rules ?? []) {
      const name = `data.${module.package}.${ruleName(rule)}`
      const definition = known.get(name) ?? { module, bodies: [] }
      definition.bodies.push(rule)
      known.set(name, definition)
    }
  }
  return known
}

function* negations(node: unknown): Generator<unknown> {
  if (Array.isArray(node)) {
    for (const item of node) yield* negations(item)
  } else if (typeof node === 'object' && node !== null) {
    if ('negated' in node && node.negated === true && 'terms' in node) yield node.terms
    for (const child of Object.values(node)) yield* negations(child)
  }
}

function fallible(node: unknown, module: RuleModule, known: Known, seen: Set<string>): string | undefined {
  for (const reference of refsOf(node)) {
    const full = resolve(reference, module, known)
    if (full === undefined || full === index || full.startsWith(`${index}.`)) continue
    const definition = known.rules.get(full)
    if (definition === undefined && !infallible.has(full)) return full
    if (definition === undefined || seen.has(full)) continue
    seen.add(full)
    const culprit = fallible(definition.bodies, definition.module, known, seen)
    if (culprit !== undefined) return culprit
  }
  return undefined
}

/** Full name of a rule, name of a built-in, or undefined for what is neither: input, a variable, a literal. */
function resolve({ path, variable }: Reference, module: RuleModule, known: Known): string | undefined {
  const [head, ...rest] = path
  if (head === undefined || head === 'input') return undefined
  const own = `data.${module.package}.${head}`
  if (known.rules.has(own)) return own
  const imported = module.syntax.imports?.find((i) => (i.alias ?? lastOf(i.path.value)) === head)
  const root = imported ? [...refsOf(imported.path)][0]?.path : head === 'data' ? ['data'] : undefined
  if (root !== undefined) return ruleIn([...root, ...rest], known)
  const name = path.join('.')
  return !variable && known.builtins.has(name) ? name : undefined
}

// The longest part that names a rule; what follows is a path into its value.
function ruleIn(path: RefPath, known: Known): string {
  for (let length = path.length; length > 1; length--) {
    const name = path.slice(0, length).join('.')
    if (known.rules.has(name)) return name
  }
  return path.map((part) => part ?? '[_]').join('.')
}

function lastOf(term: unknown): string | undefined {
  const last = Array.isArray(term) ? term.at(-1) : undefined
  return typeof last?.value === 'string' ? last.value : undefined
}
