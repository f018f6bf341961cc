import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readCases } from '#bundle/open-bundle.ts'
import { differs } from '#bundle/policy-case.ts'
import { readSources } from '#bundle/policy-sources.ts'
import { readArchive } from '#bundle/read-archive.ts'
import {
  cases,
  data,
  defaultFiles,
  fileOf,
  policiesDir,
  secondBytes,
  shippedPolicy,
} from '#test/bundle/shipped.ts'

type Index = {
  readonly guards: string[]
  readonly rules: string[]
  readonly custom: { team: string; rule: string }[]
}
const { index } = (data as { readonly vouchsafe: { readonly index: Index } }).vouchsafe
const rules = [...index.guards, ...index.rules, ...index.custom.map(({ team, rule }) => `${team}/${rule}`)]
const policy = await shippedPolicy()

describe('every case is answered as wanted by the shipped WASM', () => {
  test.each(cases.map((one) => [`${one.rule}: ${one.note}`, one] as const))('%s', (_, { input, want }) => {
    const verdict = policy.evaluate(JSON.stringify(input), String(input.question_id))
    expect(differs(verdict, want)).toBeUndefined()
  })
})

test.each(rules)('the rule %s has a case that allows and one that denies', (rule) => {
  const wanted = cases.filter((one) => one.rule === rule).map(({ want }) => want.allowed)
  expect(new Set(wanted)).toEqual(new Set([true, false]))
})

test.each(rules)('the rule %s has a case that flips without it', (rule) => {
  expect(cases.some((one) => one.rule === rule && one.flips)).toBe(true)
})

test('every case is about a rule that exists', () => {
  expect(cases.map(({ rule }) => rule).filter((rule) => !rules.includes(rule))).toEqual([])
})

test('every reason and fix of the policies appears in a case', async () => {
  const shown = JSON.stringify(cases.map(({ want }) => want))
  const known = Object.keys(JSON.parse(fileOf(defaultFiles, 'reasons.json').toString()))
  expect(known.filter((code) => !code.startsWith('POLICY_') && !shown.includes(`"${code}"`))).toEqual([])
})

test('the case files are what their schema says', async () => {
  const validate = new Ajv({ allowUnionTypes: true }).compile(await schema('cases/schema.json'))
  for (const [path, text] of await readSources(policiesDir)) {
    if (!/^cases\/.+\.yaml$/.test(path) || path === 'cases/base.yaml') continue
    expect(validate(parse(text)), `${path} ${JSON.stringify(validate.errors)}`).toBe(true)
  }
})

test('inputs keep their contract, but for those that break it on purpose', async () => {
  const validate = new Ajv().compile(await schema('schema/input.json'))
  const odd = cases.filter(({ input }) => !validate(input))
  expect(odd.map(({ note }) => note)).toEqual(cases.filter((one) => one.odd).map(({ note }) => note))
})

test('the second bundle differs by its promotion', async () => {
  const notes = readCases(await readArchive(secondBytes)).map(({ rule, note }) => `${rule}: ${note}`)
  const more = notes.filter((line) => !cases.some(({ rule, note }) => line === `${rule}: ${note}`))
  expect(more).toHaveLength(3)
  expect(more.every((line) => line.startsWith('demo/promotion: '))).toBe(true)
})

async function schema(path: string): Promise<object> {
  return JSON.parse(await readFile(join(policiesDir, path), 'utf8'))
}
