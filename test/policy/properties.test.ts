import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { InputDocument } from '#core/input.ts'
import type { Json } from '#core/json.ts'
import type { Verdict } from '#core/verdict.ts'
import { shippedPolicy } from '#test/bundle/shipped.ts'
import { allowingInput, anyAllow, anyDeny, anyInput } from './any-input.ts'
import { asking, grant, now } from './inputs.ts'

const policy = await shippedPolicy()
const runs = { numRuns: 500 }

function ask(input: InputDocument): Verdict {
  const verdict = policy.evaluate(JSON.stringify(input), input.question_id)
  expect(verdict.reasons[0]?.code).not.toMatch(/^POLICY_/)
  return verdict
}

function atLeast(after: Json | undefined, before: Json | undefined): boolean {
  if (before === undefined || after === 'unlimited') return true
  return typeof after === 'number' && typeof before === 'number' && after >= before
}

test('adding an allow never lowers access, nor a value', () => {
  fc.assert(
    fc.property(allowingInput, anyAllow, (input, more) => {
      // Its own revocation is what takes a token's word back.
      fc.pre(more.revoked_at === undefined)
      const before = ask(input)
      const after = ask({ ...input, grants: [...input.grants, more] })
      expect(after.allowed || !before.allowed).toBe(true)
      const ordered = input.entitlement.combine === 'max' || input.entitlement.combine === 'sum'
      if (before.allowed && ordered) expect(atLeast(after.value, before.value)).toBe(true)
    }),
    runs,
  )
})

test('a live denial of the key that reaches the principal always denies', () => {
  fc.assert(
    fc.property(anyInput, anyDeny, (input, denial) => {
      const { ends_at: _, revoked_at: __, ...lasting } = denial
      const live = { ...lasting, gives: input.target, starts_at: now, through: 'self' } as const
      const verdict = ask({ ...input, grants: [...input.grants, live] })
      expect(verdict.allowed).toBe(false)
      expect(verdict.reasons.map(({ code }) => code)).toContain('DENIED_BY_RULE')
    }),
    runs,
  )
})

test('S004-4 the clock alone changes nothing before expires_at', () => {
  fc.assert(
    fc.property(anyInput, fc.integer({ min: 0, max: 12 * 24 * 3_600_000 }), (input, later) => {
      // The demo's guard reads the clock without saying until when.
      fc.pre(input.tenant.key !== 'nobody')
      const verdict = ask(input)
      const until = verdict.expires_at ?? Number.POSITIVE_INFINITY
      expect(until).toBeGreaterThan(now)
      const then = ask({ ...input, now: Math.min(now + later, until - 1) })
      expect([then.allowed, then.value]).toEqual([verdict.allowed, verdict.value])
    }),
    { numRuns: 2_000 },
  )
})

test('the order of the records does not matter', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const forth = ask(input)
      const back = ask({ ...input, grants: input.grants.toReversed() })
      expect([back.allowed, back.value, back.expires_at]).toEqual([
        forth.allowed,
        forth.value,
        forth.expires_at,
      ])
    }),
    runs,
  )
})

test('the explanation is of the same decision', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { evidence, ...explained } = ask({ ...input, explain: true })
      expect(explained).toEqual(ask(input))
      expect(evidence?.length).toBeGreaterThan(0)
    }),
    runs,
  )
})

test('V2 any text for the asked key is looked up, never compiled or lost', () => {
  const odd = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.constantFrom('data', 'a"]; true', '\ud800', '\0'),
  )
  fc.assert(
    fc.property(odd, odd, (target, questionId) => {
      const input = asking({ target, question_id: questionId, grants: [grant()] })
      const text = JSON.stringify(input)
      expect(JSON.parse(text)).toEqual(input)
      const verdict = policy.evaluate(text, questionId)
      expect(verdict.question_id).toBe(questionId)
      if (!questionId.isWellFormed() || !target.isWellFormed()) {
        // WASM aborts on half a character: a denial as well.
        expect(verdict.allowed).toBe(false)
        return
      }
      expect(verdict.allowed).toBe(target === 'docs')
      expect(verdict.reasons[0]?.code).toBe(target === 'docs' ? 'GRANTED' : 'NO_GRANT')
    }),
    { numRuns: 2_000 },
  )
})

test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
  'V54 a key named %s grants nothing and breaks nothing',
  (key) => {
    const base = asking()
    const named = JSON.parse(`{${JSON.stringify(key)}:"a"}`)
    const input = asking({
      target: key,
      entitlement: {
        ...base.entitlement,
        requires_facts: [key],
        experiment: { key, variants: ['b'] },
        attributes: { [key]: { type: 'number' } },
      },
      context: { attributes: named },
      facts: {},
      experiment: {},
    })
    const verdict = ask(input)
    expect(verdict.allowed).toBe(false)
    expect(verdict.reasons.map(({ code }) => code)).toContain('CONDITION_FAILED')
  },
)

test('V14 keys that only look alike are different', () => {
  const alike = ['Docs', 'docs ', 'docs\u200b', 'dоcs', 'docs\u0301', 'docs\0']
  for (const gives of alike) expect(ask(asking({ grants: [grant({ gives })] })).allowed).toBe(false)
})

test('V20 a principal with very many records is answered right', () => {
  const many = Array.from({ length: 5_000 }, (_, i) => grant({ id: `grt_${i}`, ends_at: now - 1 - i }))
  expect(ask(asking({ grants: many })).allowed).toBe(false)
  expect(ask(asking({ grants: [...many, grant()] })).allowed).toBe(true)
})
