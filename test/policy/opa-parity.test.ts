import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answersOfOpa } from '#bundle/parity.ts'
import { type PolicyCase, runCases } from '#bundle/policy-case.ts'
import type { InputDocument } from '#core/input.ts'
import {
  cases,
  defaultFiles,
  fileOf,
  opaPath,
  policiesDir,
  shippedPolicy,
  withoutOpa,
} from '#test/bundle/shipped.ts'
import { anyInput } from './any-input.ts'

// Without OPA only the WASM is tested: `npm run policy:check` gets one.
const policy = await shippedPolicy()
let dir = ''
let paths: string[] = []

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vouchsafe-parity-'))
  await writeFile(join(dir, 'data.json'), fileOf(defaultFiles, 'data.json'))
  paths = [join(dir, 'data.json'), join(policiesDir, 'vouchsafe'), join(policiesDir, 'custom')]
})
afterAll(() => rm(dir, { recursive: true, force: true }))

function ours(one: PolicyCase): unknown {
  return JSON.parse(JSON.stringify(policy.evaluate(JSON.stringify(one.input), String(one.input.question_id))))
}

test.skipIf(withoutOpa)('OPA answers every case as the WASM does, to the last key', async () => {
  const theirs = await answersOfOpa({ opaPath, paths, cases })
  expect(theirs).toHaveLength(cases.length)
  for (const [i, one] of cases.entries()) expect(ours(one), one.note).toEqual(theirs[i])
})

test.skipIf(withoutOpa)(
  'OPA answers a thousand generated questions as the WASM does',
  async () => {
    const inputs: readonly InputDocument[] = fc.sample(anyInput, 1_000)
    const generated = inputs.map((input, i) => ({
      note: `generated ${i}`,
      rule: 'grant',
      input: JSON.parse(JSON.stringify(input)),
      want: { allowed: true },
    }))
    const theirs = await answersOfOpa({ opaPath, paths, cases: generated })
    for (const [i, one] of generated.entries())
      expect(ours(one), JSON.stringify(one.input)).toEqual(theirs[i])
  },
  60_000,
)

test('the runner names each case that is answered otherwise', () => {
  const [one] = cases
  if (one === undefined) throw new Error('no cases')
  const wrong: PolicyCase = { ...one, want: { allowed: !one.want.allowed } }
  expect(runCases(policy.evaluate, [one, wrong])).toEqual([
    `${one.rule}: ${one.note}: allowed is ${one.want.allowed}, wanted ${!one.want.allowed}`,
  ])
})
