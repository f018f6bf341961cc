import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { buildFrom } from '#bundle/build-bundle.ts'
import { verifyManifest } from '#bundle/manifest.ts'
import { opaVersion } from '#bundle/opa.ts'
import { differs } from '#bundle/policy-case.ts'
import { readSources, sourcesDigest } from '#bundle/policy-sources.ts'
import { readArchive } from '#bundle/read-archive.ts'
import { shippedBundles } from '#bundle/shipped-bundles.ts'
import { loadPolicy } from '#policy/load-policy.ts'
import { cases, fileOf, opa, opaPath, policiesDir, root, withoutOpa } from './shipped.ts'

const shipped = shippedBundles(root)
const committed = await Promise.all(shipped.map(({ file }) => readFile(file)))
const rebuilds = opa.opa?.version === opaVersion

test.each(shipped.map(({ file }, i) => [file.slice(root.length + 1), i] as const))(
  '%s was built from the policies as they are (else: npm run policy:build)',
  async (_, i) => {
    const manifest = verifyManifest(await readArchive(committed[i] ?? Buffer.alloc(0)))
    const sources = await shipped[i]?.sources()
    expect(manifest.metadata.policies_sha256).toBe(sourcesDigest(sources ?? new Map()))
  },
)

test('the digest of the sources changes with each name and each byte, and with where files end', () => {
  const digests = [
    [['a', 'b']],
    [['a', 'c']],
    [['b', 'b']],
    [['ab', '']],
    [['a', '1:b']],
    [
      ['a', 'b'],
      ['c', ''],
    ],
  ].map((files) => sourcesDigest(new Map(files as [string, string][])))
  expect(new Set(digests).size).toBe(digests.length)
})

// Without the pinned OPA there is nothing to rebuild with.
test.skipIf(!rebuilds).each(shipped.map((_, i) => i))(
  'the same sources give the same bytes: bundle %i',
  async (i) => {
    const sources = await shipped[i]?.sources()
    expect((await buildFrom(sources ?? new Map(), opaPath)).equals(committed[i] ?? Buffer.alloc(0))).toBe(
      true,
    )
  },
)

describe.skipIf(withoutOpa)('each rule matters: without it its cases are answered otherwise', () => {
  const rules = [...new Set(cases.filter(({ flips }) => flips).map(({ rule }) => rule))]
  test.each(rules)(
    '%s',
    async (rule) => {
      const folder = rule.includes('/') ? `custom/${rule}/` : `vouchsafe/rules/${rule}/`
      const sources = await readSources(policiesDir)
      const without = new Map([...sources].filter(([path]) => !path.startsWith(folder)))
      expect(without.size).toBeLessThan(sources.size)
      const files = await readArchive(await buildFrom(without, opaPath))
      const { evaluate } = await loadPolicy(
        fileOf(files, 'policy.wasm'),
        JSON.parse(fileOf(files, 'data.json').toString()),
      )
      for (const { note, input, want } of cases.filter((one) => one.rule === rule && one.flips)) {
        expect(differs(evaluate(JSON.stringify(input), String(input.question_id)), want), note).toBeDefined()
      }
    },
    60_000,
  )
})

const rule = 'custom/demo/extra/extra.rego'
const head = '# METADATA\n# title: Extra\n# custom:\n#   tenants: [acme]\n#   modules: ["*"]\n'
const named = 'package custom.demo.extra\n'

describe.skipIf(withoutOpa)('a custom rule that cannot be placed or explained is not built', () => {
  test.each([
    ['without a title', `${named}pass if input.quantity > 0`, 'title'],
    ['in another package', `${head}package custom.demo.other\npass if true`, 'belongs into'],
    ['in our package', `${head}package vouchsafe.rules.extra\npass if true`, 'belongs into'],
    ['that exports nothing', `${head}${named}helper := 1`, 'no allow, miss or pass'],
    ['that passes by default', `${head}${named}default pass := true`, 'no default'],
    [
      'whose reason has no text',
      `${head}${named}allow contains {"code": "demo/X", "params": {}}`,
      'demo/X has no text',
    ],
    [
      'whose reason is of another team',
      `${head}#   reasons: { "other/X": { title: a, text: b } }\n${named}allow contains {"code": "other/X", "params": {}}`,
      'begin with demo/',
    ],
    ['whose tenants are no list', `${head.replace('[acme]', 'acme')}${named}pass if true`, 'list of texts'],
    ['that does not parse', `${head}${named}pass if {`, 'parse'],
    ['that uses a built-in not allowed', `${head}${named}pass if sprintf("%d", [1]) == "1"`, 'sprintf'],
    ['that sends requests', `${head}${named}pass if http.send({"method": "get", "url": "x"})`, 'http.send'],
  ])('%s', async (_, text, why) => {
    const sources = new Map(await readSources(policiesDir)).set(rule, text)
    await expect(buildFrom(sources, opaPath)).rejects.toThrow(why)
  })
})
