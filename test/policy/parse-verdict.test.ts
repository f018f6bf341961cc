import { expect, test } from 'vitest'
import { parseVerdict } from '#policy/parse-verdict.ts'

const verdict = {
  question_id: 'q_1',
  allowed: true,
  reasons: [{ code: 'GRANTED', params: {} }],
  fix: [],
  obligations: [],
}

function codeOf(results: unknown): string | undefined {
  const text = typeof results === 'string' ? results : JSON.stringify(results)
  const parsed = parseVerdict(text, 'q_1')
  expect(parsed.allowed).toBe(false)
  expect(parsed.question_id).toBe('q_1')
  return parsed.reasons[0]?.code
}

test('one verdict on this question is taken as it is', () => {
  expect(parseVerdict(JSON.stringify([{ result: verdict }]), 'q_1')).toEqual(verdict)
})

test('F26 no result is undefined', () => {
  expect(codeOf([])).toBe('POLICY_UNDEFINED')
})

test('a verdict on another question, or on none, was given without this input', () => {
  expect(codeOf([{ result: { ...verdict, question_id: 'q_2' } }])).toBe('POLICY_INPUT_LOST')
  const { question_id: _, ...anonymous } = verdict
  expect(codeOf([{ result: anonymous }])).toBe('POLICY_INPUT_LOST')
})

test.each([
  ['text that is no JSON', '[{"result":'],
  ['nothing', ''],
  ['an object instead of a result set', { result: verdict }],
  ['true', [{ result: true }]],
  ['null', [{ result: null }]],
  ['many results', [{ result: verdict }, { result: verdict }]],
  ['a list', [{ result: [verdict] }]],
  ['no result key', [{}]],
  ['null in the set', [null]],
  ['allowed as text', [{ result: { ...verdict, allowed: 'true' } }]],
  ['no reasons', [{ result: { ...verdict, reasons: [] } }]],
  ['reasons as an object', [{ result: { ...verdict, reasons: { code: 'GRANTED' } } }]],
  ['a reason without a code', [{ result: { ...verdict, reasons: [{ params: {} }] } }]],
  ['a reason with an empty code', [{ result: { ...verdict, reasons: [{ code: '', params: {} }] } }]],
  ['a reason without parameters', [{ result: { ...verdict, reasons: [{ code: 'X' }] } }]],
  ['a null value', [{ result: { ...verdict, value: null } }]],
  ['an end that is no integer', [{ result: { ...verdict, expires_at: 1.5 } }]],
  ['a status that is none of ours', [{ result: { ...verdict, deny_as: 200 } }]],
  ['a fix without an action', [{ result: { ...verdict, fix: [{ params: {} }] } }]],
  ['an obligation without an id', [{ result: { ...verdict, obligations: [{ params: {} }] } }]],
  ['evidence of an unknown kind', [{ result: { ...verdict, evidence: [{ kind: 'x' }] } }]],
  ['a key that is not known', [{ result: { ...verdict, allow: true } }]],
])('F26 %s is malformed', (_, results) => {
  expect(codeOf(results)).toBe('POLICY_MALFORMED')
})
