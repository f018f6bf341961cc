import { describe, expect, test } from 'vitest'
import { lintPolicies } from '#bundle/lint-policies.ts'
import { policyIndex } from '#bundle/policy-index.ts'
import { isPolicyModule, readSources } from '#bundle/policy-sources.ts'
import { parseModules } from '#bundle/rego-syntax.ts'
import { ruleModules } from '#bundle/rule-module.ts'
import { opaPath, policiesDir, withoutOpa } from './shipped.ts'

const builtins = new Set([
  'startswith',
  'lower',
  'lt',
  'count',
  'is_string',
  'internal.member_2',
  'json.is_valid',
])
const path = 'custom/demo/extra/extra.rego'
const head = 'package custom.demo.extra\nimport data.vouchsafe.lib\nimport data.vouchsafe.index\n'
const lib = 'package vouchsafe.lib\nshout(x) := lower(x)\nbelow(x) if x < 3\ndeep(x) if shout(x) == "a"\n'

async function modulesOf(text: string) {
  const sources = new Map([
    [path, `# METADATA\n# title: Extra\n${head}${text}`],
    ['vouchsafe/lib/lib.rego', lib],
  ])
  return ruleModules(sources, await parseModules(opaPath, sources))
}

describe.skipIf(withoutOpa)('a `not` above what can fail is found', () => {
  test.each([
    ['a built-in', 'pass if not startswith(input.x, "a")', 'startswith'],
    ['a built-in in an argument', 'pass if not lower(input.x) == "a"', 'lower'],
    ['a rule that uses one', 'pass if not bad\nbad if startswith(input.x, "a")', 'startswith'],
    ['a function of the library', 'pass if not lib.shout(input.x)', 'lower'],
    ['a function that calls another', 'pass if not lib.deep(input.x)', 'lower'],
    ['a full path', 'pass if not data.vouchsafe.lib.deep(input.x)', 'lower'],
    [
      'one in a comprehension',
      'pass if not bad\nbad if count([x | some x in input.l; startswith(x, "a")]) > 1',
      '',
    ],
    [
      'one in an else',
      'pass if not bad\nbad := false if input.a else := true if startswith(input.x, "a")',
      'startswith',
    ],
    ['one within `every`', 'pass if { every x in input.l { not startswith(x, "a") } }', 'startswith'],
    ['a reference of run time', 'pass if not data.custom[input.team].extra.pass', 'data.custom'],
    ['a rule that is not there', 'pass if not data.vouchsafe.nothing.here', 'nothing'],
    [
      'one that recurs through an alias',
      'import data.vouchsafe.lib as l\npass if not l.shout(input.x)',
      'lower',
    ],
  ])('%s', async (_, text, culprit) => {
    const lines = lintPolicies(await modulesOf(text), builtins)
    expect(lines.length).toBeGreaterThan(0)
    expect(lines[0]).toContain(path)
    expect(lines[0]).toContain(culprit)
  })

  test.each([
    ['a missing key', 'pass if not input.x'],
    ['a comparison', 'pass if not input.x < 3'],
    ['a test of type', 'pass if not is_string(input.x)'],
    ['membership', 'pass if not input.x in index.guards'],
    ['a harmless function', 'pass if not lib.below(input.x)'],
    ['a variable named like a built-in', 'pass if { count := input.x; not count }'],
    ['no `not` at all', 'pass if startswith(input.x, "a")'],
  ])('%s is not', async (_, text) => {
    expect(lintPolicies(await modulesOf(text), builtins)).toEqual([])
  })
})

describe.skipIf(withoutOpa)('a custom rule that may read the clock is known', () => {
  test.each([
    ['the time', 'pass if input.time.hour > 8', true],
    ['now', 'pass if input.now > 8', true],
    ['the whole input', 'pass if f(input)\nf(x) if x.a', true],
    ['a computed key', 'pass if input[input.key]', true],
    ['what may read it', 'import data.vouchsafe.records\npass if count(records.usable) > 1', true],
    ['something else', 'pass if input.quantity > 8', false],
    ['the library', 'pass if lib.below(input.quantity)', false],
  ])('%s', async (_, text, clock) => {
    const modules = (await modulesOf(text.replace(/^/, ''))).map((module) =>
      module.path === path
        ? { ...module, syntax: { ...module.syntax, imports: module.syntax.imports?.filter(isUsed) ?? [] } }
        : module,
    )
    expect(policyIndex(modules.filter((module) => module.path === path)).custom[0]?.clock).toBe(clock)
  })
})

// The test's own head imports the index, which a real rule would import only to use it.
function isUsed(imported: { readonly path: { readonly value: unknown } }): boolean {
  return !JSON.stringify(imported.path.value).includes('index')
}

test.skipIf(withoutOpa)('our own policies pass', async () => {
  const sources = await readSources(policiesDir)
  const known = new Map([...sources].filter(([each]) => isPolicyModule(each)))
  const { builtins: listed } = JSON.parse(sources.get('capabilities.json') ?? '{}') as {
    readonly builtins: readonly { readonly name: string }[]
  }
  const modules = ruleModules(sources, await parseModules(opaPath, known))
  expect(lintPolicies(modules, new Set(listed.map(({ name }) => name)))).toEqual([])
})
