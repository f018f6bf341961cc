// All that a change of policies has to pass: format, types, tests with full coverage, the lint.
import { lintPolicies } from '#bundle/lint-policies.ts'
import { policyIndex } from '#bundle/policy-index.ts'
import { isPolicyModule } from '#bundle/policy-sources.ts'
import { reasonTexts } from '#bundle/reason-texts.ts'
import { parseModules } from '#bundle/rego-syntax.ts'
import { ruleModules } from '#bundle/rule-module.ts'
import { runOpa } from '#bundle/run-opa.ts'
import { shippedBundles } from '#bundle/shipped-bundles.ts'
import { locateOpa, root } from './locate-opa.ts'

const rego = ['policies/vouchsafe', 'policies/custom', 'bundles/demo-second/custom', 'bundles/authzen/custom']
const capabilities = ['--capabilities', 'policies/capabilities.json']
const schema = ['--schema', 'policies/schema/input.json']

/** Undefined where it passes, else what to show. */
type Step = { readonly name: string; readonly run: (opa: string) => Promise<string | undefined> }

const steps: readonly Step[] = [
  { name: 'opa fmt', run: (opa) => failure(opa, ['fmt', '--fail', '--list', ...rego]) },
  {
    name: 'opa check',
    run: (opa) => failure(opa, ['check', '--strict', ...capabilities, ...schema, ...rego]),
  },
  { name: 'opa test', run: tests },
  { name: 'lint', run: lint },
]

async function failure(opa: string, args: readonly string[]): Promise<string | undefined> {
  const { ok, problem } = await runOpa(opa, args, { cwd: root })
  return ok ? undefined : problem
}

// Without coverage first: with it, OPA shows a report instead of what failed.
async function tests(opa: string): Promise<string | undefined> {
  return (
    (await failure(opa, ['test', ...rego])) ??
    (await failure(opa, ['test', '--coverage', '--threshold', '100', ...rego]))
  )
}

async function lint(opa: string): Promise<string | undefined> {
  const lines: string[] = []
  for (const { sources } of shippedBundles(root)) {
    const all = await sources()
    const modules = new Map([...all].filter(([path]) => isPolicyModule(path)))
    const known = ruleModules(all, await parseModules(opa, modules))
    policyIndex(known)
    reasonTexts(known)
    const { builtins } = JSON.parse(all.get('capabilities.json') ?? '{}') as {
      readonly builtins: readonly { readonly name: string }[]
    }
    lines.push(...lintPolicies(known, new Set(builtins.map(({ name }) => name))))
  }
  return lines.length === 0 ? undefined : lines.join('\n')
}

const found = await locateOpa(true)
if (!found.opa) {
  process.stdout.write(`skipped: ${found.reason}\n`)
} else {
  for (const { name, run } of steps) {
    const problem = await run(found.opa.path).catch((cause) => String(cause))
    process.stdout.write(problem === undefined ? `ok ${name}\n` : `failed ${name}\n${problem}\n`)
    if (problem !== undefined) process.exitCode = 1
  }
}
