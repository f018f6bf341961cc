import { expect, test } from 'vitest'
import { loadPolicy, type PolicyLimits } from '#policy/load-policy.ts'
import { shippedPolicy, withoutOpa } from '#test/bundle/shipped.ts'
import { compileRego } from './compile-rego.ts'
import { asking, grant } from './inputs.ts'

const held = JSON.stringify(asking({ grants: [grant()] }))
const megabyte = 1_048_576
const small: PolicyLimits = { maxPages: 256, keepBytes: 4 * megabyte, maxInputLength: 4 * megabyte }

/** Deep enough to end in a trap: WASM parses by recursion. */
const tooDeep = `{"question_id":"q_1","x":${'['.repeat(500_000)}${']'.repeat(500_000)}}`

test('F30 a trap is a denial with its reason, and the next question is answered by a new instance', async () => {
  const { evaluate, replaced } = await shippedPolicy()
  expect(evaluate(tooDeep, 'q_1')).toMatchObject({ allowed: false, reasons: [{ code: 'POLICY_FAILED' }] })
  expect(replaced()).toBe(1)
  expect(evaluate(held, 'q_1').allowed).toBe(true)
})

test.skipIf(withoutOpa)('F30 after a thousand aborts the next question is answered right', async () => {
  const wasm = await compileRego(
    [
      'package vouchsafe.decision',
      'verdict := {"question_id": input.question_id, "allowed": allowed, "reasons": [{"code": "OK", "params": {}}],',
      '  "fix": [], "obligations": []}',
      // Two values of one rule abort the evaluation.
      'allowed := true if input.quantity > 0',
      'allowed := false if input.quantity > 1',
    ].join('\n'),
  )
  const { evaluate, replaced } = await loadPolicy(wasm, {})
  const aborting = JSON.stringify(asking({ quantity: 2 }))
  for (let i = 0; i < 1_000; i++) expect(evaluate(aborting, 'q_1').reasons[0]?.code).toBe('POLICY_FAILED')
  expect(replaced()).toBe(1_000)
  expect(evaluate(held, 'q_1')).toMatchObject({ allowed: true, reasons: [{ code: 'OK' }] })
})

test('F31 running out of memory is a denial, and memory does not grow for ever', async () => {
  const { evaluate, memoryBytes } = await shippedPolicy(small)
  const filler = 'x'.repeat(2 * megabyte)
  const large = JSON.stringify(asking({ grants: [grant()], facts: { filler } }))
  const tooLarge = JSON.stringify(asking({ facts: { filler: Array.from({ length: 900_000 }, () => 1) } }))
  for (let i = 0; i < 20; i++) {
    expect(evaluate(large, 'q_1').allowed).toBe(true)
    expect(memoryBytes()).toBeLessThanOrEqual(small.keepBytes)
  }
  expect(evaluate(tooLarge, 'q_1')).toMatchObject({ allowed: false, reasons: [{ code: 'POLICY_FAILED' }] })
  expect(evaluate(held, 'q_1').allowed).toBe(true)
})

test('F31 many questions leave memory as it was', async () => {
  const { evaluate, memoryBytes } = await shippedPolicy()
  evaluate(held, 'q_1')
  const before = memoryBytes()
  for (let i = 0; i < 5_000; i++) {
    const question = `q_${i}`
    const asked = asking({ question_id: question, grants: [grant({ source_ref: `si_${i}` })] })
    expect(evaluate(JSON.stringify(asked), question).allowed).toBe(true)
  }
  expect(memoryBytes()).toBe(before)
})

test('F36 a question that is too large does not reach WASM', async () => {
  const { evaluate, memoryBytes } = await shippedPolicy(small)
  const before = memoryBytes()
  const verdict = evaluate(JSON.stringify(asking({ facts: { x: 'x'.repeat(5 * megabyte) } })), 'q_1')
  expect(verdict.reasons[0]?.code).toBe('POLICY_INPUT_LOST')
  expect(memoryBytes()).toBe(before)
})

test.each([
  ['text cut short', held.slice(0, -1)],
  ['no text', ''],
  ['text that is no JSON', 'docs'],
  ['a number', '7'],
  ['another question', JSON.stringify(asking({ question_id: 'q_2', grants: [grant()] }))],
])('%s is no question: denied', async (_, text) => {
  const { evaluate } = await shippedPolicy()
  const verdict = evaluate(text, 'q_1')
  expect(verdict.allowed).toBe(false)
  expect(verdict.question_id).toBe('q_1')
  expect(verdict.reasons[0]?.code).toMatch(/^POLICY_/)
})
