import { expect, test } from 'vitest'
import { hostBuiltins } from '#policy/host-builtins.ts'
import { loadPolicy } from '#policy/load-policy.ts'
import { data, defaultFiles, fileOf, opaPath, shippedPolicy, withoutOpa } from '#test/bundle/shipped.ts'
import { compileRego } from './compile-rego.ts'
import { asking, grant } from './inputs.ts'

const held = JSON.stringify(asking({ grants: [grant()] }))

/** The committed module with a text in it replaced by another of the same length, wherever it occurs. */
function patched(from: string, to: string): Buffer {
  expect(Buffer.byteLength(to)).toBe(Buffer.byteLength(from))
  const wasm = Buffer.from(fileOf(defaultFiles, 'policy.wasm'))
  let at = wasm.indexOf(from)
  expect(at).toBeGreaterThan(0)
  for (; at >= 0; at = wasm.indexOf(from, at + 1)) wasm.write(to, at)
  return wasm
}

test('S000-3 a question with a live grant is answered yes', async () => {
  const { evaluate } = await shippedPolicy()
  expect(evaluate(held, 'q_1')).toMatchObject({ question_id: 'q_1', allowed: true })
})

test('F25 a module that lacks our entrypoint is refused, even where it has another', async () => {
  const other = patched('vouchsafe/decision/verdict', 'vouchsafe/decision/verdicT')
  await expect(loadPolicy(other, data)).rejects.toThrow('entrypoint vouchsafe/decision/verdict')
})

test('a module of another ABI is refused', async () => {
  await expect(loadPolicy(patched('opa_eval\0', 'opa_evil\0').subarray(), data)).rejects.toThrow('ABI')
})

test('bytes that are no module are refused', async () => {
  await expect(loadPolicy(Buffer.from('policy'), data)).rejects.toThrow()
})

test('F35 the allow list has none of the built-ins that are written in JavaScript and differ', () => {
  expect([...hostBuiltins]).toEqual(['json.is_valid'])
})

test.skipIf(withoutOpa).each([
  ['sprintf', 'sprintf("%d", [1])'],
  ['regex.split', 'regex.split("a", "bab")'],
  ['yaml.unmarshal', 'yaml.unmarshal("a: 1")'],
  ['http.send', 'http.send({"method": "get", "url": "http://127.0.0.1:1"})'],
  ['opa.runtime', 'opa.runtime()'],
])('V3 F27 a module that wants %s of the host is refused', async (name, expression) => {
  const wasm = await compileRego(`package vouchsafe.decision\nverdict := ${expression}`)
  await expect(loadPolicy(wasm, {})).rejects.toThrow(`not allowed: ${name}`)
})

test.skipIf(withoutOpa)('V3 the list of built-ins cannot be evaded by `with`', async () => {
  const mocking = 'package vouchsafe.decision\nverdict := v if v := count({}) with count as http.send'
  const outcome = await compileRego(mocking)
    .then(
      (wasm) => loadPolicy(wasm, {}),
      (refused: Error) => Promise.reject(refused),
    )
    .catch((refused: Error) => refused)
  expect(outcome).toBeInstanceOf(Error)
})

test.skipIf(withoutOpa)('F26 a policy that is undefined denies', async () => {
  expect(opaPath).not.toBe('')
  const wasm = await compileRego('package vouchsafe.decision\nverdict := input.absent')
  const { evaluate } = await loadPolicy(wasm, {})
  expect(evaluate(held, 'q_1').reasons[0]?.code).toBe('POLICY_UNDEFINED')
})

test.skipIf(withoutOpa)('an error of a built-in is undefined, and so a denial', async () => {
  const wasm = await compileRego('package vouchsafe.decision\nverdict := 1 / input.quantity')
  const { evaluate } = await loadPolicy(wasm, {})
  expect(evaluate(JSON.stringify(asking({ quantity: 0 })), 'q_1').reasons[0]?.code).toBe('POLICY_UNDEFINED')
})

test('a bundle without an index of guards decides nothing', async () => {
  const { evaluate } = await loadPolicy(fileOf(defaultFiles, 'policy.wasm'), {})
  expect(evaluate(held, 'q_1').reasons[0]?.code).toBe('POLICY_UNDEFINED')
})
