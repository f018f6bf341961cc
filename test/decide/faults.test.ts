import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { AttributeRule, FailMode } from '#core/entitlement.ts'
import type { Json, JsonObject } from '#core/json.ts'
import type { ActiveBundle, Verdict } from '#core/verdict.ts'
import type { Question } from '#decide/verbs.ts'
import { parseVerdict } from '#policy/parse-verdict.ts'
import { activeBundle } from '#test/fixtures/active-bundle.ts'
import { emptyCatalogue, entitlement, gives, grant, person } from '#test/fixtures/view.ts'
import { now } from './any-world.ts'
import { service, verbsOver } from './asking.ts'

// Many questions: on a busy machine they take their time.
vi.setConfig({ testTimeout: 60_000 })

const bundle = await activeBundle()
const question: Question = { entitlement: 'docs', context: { attributes: {} }, quantity: 1, explain: false }
const asker = { caller: service, principal: person() }

function worldOf(
  definition: Partial<ReturnType<typeof entitlement>> = {},
  grants = [grant({ target: 'e-docs' })],
) {
  return {
    grants: { alice: grants },
    catalogue: {
      ...emptyCatalogue(),
      entitlements: new Map([['docs', entitlement('docs', definition)]]),
      givers: new Map([['docs', new Map([['e-docs', gives('entitlement')]])]]),
    },
  }
}

function answering(result: (text: string, id: string) => string): ActiveBundle {
  return { ...bundle, evaluate: (text, id) => parseVerdict(result(text, id), id) }
}

const sound = (id: string) => ({
  question_id: id,
  allowed: true,
  reasons: [{ code: 'GRANTED', params: {} }],
  fix: [],
  obligations: [],
})
const one = (verdict: unknown) => JSON.stringify([{ result: verdict }])

test('the sound verdict that the faults below are made from allows', () => {
  const verbs = verbsOver([worldOf()], { bundle: answering((_, id) => one(sound(id))), now })
  expect(verbs.check(asker, question).allowed).toBe(true)
})

test.each<[string, string, (text: string, id: string) => string]>([
  ['no result', 'POLICY_UNDEFINED', () => '[]'],
  [
    'two results',
    'POLICY_MALFORMED',
    (_, id) => JSON.stringify([{ result: sound(id) }, { result: sound(id) }]),
  ],
  ['a result that is true', 'POLICY_MALFORMED', () => one(true)],
  ['text that is cut off', 'POLICY_MALFORMED', (_, id) => one(sound(id)).slice(0, -1)],
  ['another question', 'POLICY_INPUT_LOST', (_, id) => one(sound(`${id}0`))],
  ['no question', 'POLICY_INPUT_LOST', (_, id) => one({ ...sound(id), question_id: undefined })],
  ['a word for allowed', 'POLICY_MALFORMED', (_, id) => one({ ...sound(id), allowed: 'false' })],
  ['no reason', 'POLICY_MALFORMED', (_, id) => one({ ...sound(id), reasons: [] })],
  ['an unknown key', 'POLICY_MALFORMED', (_, id) => one({ ...sound(id), allow: true })],
  ['a null value', 'POLICY_MALFORMED', (_, id) => one({ ...sound(id), value: null })],
  ['an unknown status', 'POLICY_MALFORMED', (_, id) => one({ ...sound(id), deny_as: 200 })],
])('F26 a policy that answers with %s denies with %s', (_, code, result) => {
  const verbs = verbsOver([worldOf()], { bundle: answering(result), now })
  const answer = verbs.check(asker, question)
  expect(answer).toMatchObject({ allowed: false, deny_as: 403, reasons: [{ code }] })
  expect(verbs.decided).toHaveLength(1)
})

test('F30 a policy that runs into a trap denies, and the next question is answered', () => {
  const verbs = verbsOver([worldOf()], { bundle, now })
  const trap = { ...question, context: { attributes: { half: '\ud800' } } }
  expect(verbs.check(asker, trap)).toMatchObject({ allowed: false, reasons: [{ code: 'POLICY_FAILED' }] })
  expect(verbs.check(asker, question).allowed).toBe(true)
})

test('a moment that no calendar has is shown as its number', () => {
  const reasons = [{ code: 'EXPIRED', params: { ended_at: 1e20 } }]
  const expired = (_: string, id: string) => one({ ...sound(id), allowed: false, reasons })
  const verbs = verbsOver([worldOf()], { bundle: answering(expired), now })
  expect(verbs.check(asker, question).reasons[0]?.text).toBe('It ended at 100000000000000000000.')
})

const day = 86_400_000
test.each<[string, FailMode, number, Partial<Verdict> & { fallback?: string; code: string }]>([
  ['open, young', { mode: 'open' }, 900_000, { allowed: false, code: 'NO_GRANT' }],
  ['open, old', { mode: 'open' }, 900_001, { allowed: true, fallback: 'open', code: 'FAIL_OPEN' }],
  ['closed, young', { mode: 'closed' }, 900_000, { allowed: false, code: 'NO_GRANT' }],
  [
    'closed, old',
    { mode: 'closed' },
    900_001,
    { allowed: false, fallback: 'closed', code: 'SNAPSHOT_TOO_OLD' },
  ],
  [
    'last known, old',
    { mode: 'last_known', for_ms: day },
    day,
    { allowed: false, fallback: 'last_known', code: 'NO_GRANT' },
  ],
  [
    'last known, too old',
    { mode: 'last_known', for_ms: day },
    day + 1,
    { allowed: false, fallback: 'closed', code: 'SNAPSHOT_TOO_OLD' },
  ],
])('C-6 beyond the hard bound the fail mode of the entitlement decides: %s', (_, fail_mode, ageMs, want) => {
  const answer = verbsOver([worldOf({ fail_mode }, [])], { bundle, now, ageMs }).check(asker, question)
  const { code, ...rest } = want
  expect(answer).toMatchObject({ ...rest, stale: true, reasons: [{ code }] })
  const held = verbsOver([worldOf({ fail_mode })], { bundle, now, ageMs }).check(asker, question)
  expect(held.allowed).toBe(want.fallback !== 'closed')
})

test('C-6 an entitlement that fails open opens nothing that the tenant does not have', () => {
  const verbs = verbsOver([worldOf({ fail_mode: { mode: 'open' } })], { bundle, now, ageMs: day })
  for (const odd of [{ module: 'none' }, { organization: 'none' }])
    expect(verbs.check(asker, { ...question, context: { ...odd, attributes: {} } }).allowed).toBe(false)
  expect(verbs.check(asker, { ...question, entitlement: 'other' }).allowed).toBe(false)
})

test('V2 an entitlement that is unknown, archived or malformed is denied, never an exception', () => {
  const verbs = verbsOver([worldOf()], { bundle, now })
  const odd = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('__proto__', 'constructor', 'product:docs', ''),
  )
  fc.assert(
    fc.property(odd, (key) => {
      fc.pre(key !== 'docs')
      const answer = verbs.check(asker, { ...question, entitlement: key })
      expect(answer).toMatchObject({ allowed: false, reasons: [{ code: 'ENTITLEMENT_UNKNOWN' }] })
    }),
    { numRuns: 1000 },
  )
  const archived = verbsOver([worldOf({ archived: true })], { bundle, now })
  expect(archived.check(asker, question).reasons[0]?.code).toBe('ENTITLEMENT_UNKNOWN')
})

test('S003-10 an attribute that is missing, mistyped or out of its range denies with its name', () => {
  const rules = fc.record<AttributeRule>(
    {
      type: fc.constantFrom('string', 'number', 'boolean', 'string_list'),
      required: fc.boolean(),
      one_of: fc.constantFrom(['a', 'b'], [1, 2]),
      min: fc.integer({ min: -2, max: 2 }),
      max: fc.integer({ min: -2, max: 2 }),
    },
    { requiredKeys: ['type'] },
  )
  const values = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>('a', 1, 0, -0, true, ['a'], [], null),
  )
  const sent = fc.option(values, { nil: undefined })
  fc.assert(
    fc.property(rules, sent, (rule, value) => {
      const wellFormed = JSON.stringify(value ?? 0).includes('\\ud') === false
      fc.pre(wellFormed)
      const attributes = { ...(value !== undefined && { limit: value as Json }) } as JsonObject
      const verbs = verbsOver([worldOf({ attributes: { limit: rule } })], { bundle, now })
      const answer = verbs.check(asker, { ...question, context: { attributes } })
      expect(answer.allowed).toBe(meets(rule, value))
      if (answer.allowed) return
      const code =
        value === undefined
          ? 'ATTRIBUTE_MISSING'
          : typed(rule, value)
            ? 'CONDITION_FAILED'
            : 'ATTRIBUTE_INVALID'
      expect(answer.reasons.map((reason) => reason.code)).toEqual([code])
      expect(JSON.stringify(answer.reasons[0]?.params)).toContain('limit')
    }),
    { numRuns: 1500 },
  )
})

function typed({ type }: AttributeRule, value: unknown): boolean {
  if (type === 'string_list') return Array.isArray(value) && value.every((item) => typeof item === 'string')
  return typeof value === type
}

function meets(rule: AttributeRule, value: unknown): boolean {
  if (value === undefined) return rule.required !== true
  if (!typed(rule, value)) return false
  const listed = (item: unknown) => rule.one_of === undefined || rule.one_of.some((each) => each === item)
  if (!(Array.isArray(value) ? value.every(listed) : listed(value))) return false
  if (rule.min !== undefined && !(typeof value === 'number' && value >= rule.min)) return false
  return rule.max === undefined || (typeof value === 'number' && value <= rule.max)
}
