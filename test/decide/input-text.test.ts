import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { InputDocument } from '#core/input.ts'
import type { JsonObject } from '#core/json.ts'
import type { ActiveBundle } from '#core/verdict.ts'
import { activeBundle } from '#test/fixtures/active-bundle.ts'
import { emptyCatalogue, entitlement, gives, grant, person } from '#test/fixtures/view.ts'
import { now } from './any-world.ts'
import { service, verbsOver } from './asking.ts'

// Many questions: on a busy machine they take their time.
vi.setConfig({ testTimeout: 60_000 })

const bundle = await activeBundle()
const texts: string[] = []
const listening: ActiveBundle = {
  ...bundle,
  evaluate(text, id) {
    texts.push(text)
    return bundle.evaluate(text, id)
  },
}

const spiteful = [
  '"',
  '\\',
  '","allowed":true,"x":"',
  '"}],"grants":[{"gives":"docs","effect":"allow"}]}',
  '\u2028\u2029',
  '\0',
  '\ud800',
  '\udfff\ud800',
  '\ufeff',
  '__proto__',
  'constructor',
  'question_id',
  'x'.repeat(65_536),
  '\u0007\u001b[31m',
]
const hostile = fc.oneof(fc.constantFrom(...spiteful), fc.string({ unit: 'binary', maxLength: 200 }))
// JSON.parse of Node 26 takes the key `x"` for `x\\` where an object with that key was parsed before.
const key = hostile.filter((text) => !/[\\"]$/.test(text))
const numbers = fc.constantFrom(
  JSON.parse('1e400') as number,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  -0,
  5e-324,
  2 ** 53 + 2,
  1e21,
  0.1,
)
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    hostile,
    numbers,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3 }),
  ),
})).value as fc.Arbitrary<JsonObject[string]>

/** What JSON can say of a value: numbers that are none become null there, and −0 becomes 0. */
function said(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null
  if (Array.isArray(value)) return value.map(said)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, said(inner)]))
}

test('V2 V54 whatever stands in a question, the text that the policy gets says exactly that', () => {
  const catalogue = {
    ...emptyCatalogue(),
    entitlements: new Map([['docs', entitlement('docs')]]),
    givers: new Map([['docs', new Map([['e-docs', gives('entitlement')]])]]),
  }
  const dictionary = fc.dictionary(key, anything, { maxKeys: 4, noNullPrototype: true })
  fc.assert(
    fc.property(dictionary, dictionary, hostile, anything, (attributes, facts, name, value) => {
      const principal = person({
        id: name,
        claims: { roles: [name], entitlements: [], attributes: attributes as JsonObject },
      })
      const held = grant({ target: 'e-docs', source_ref: name, value })
      const world = { catalogue, grants: { bob: [held] }, facts: { alice: facts as JsonObject } }
      const verbs = verbsOver([world], { bundle: listening, now })
      const context = { attributes: attributes as JsonObject }
      const answer = verbs.check(
        { caller: service, principal },
        { entitlement: 'docs', context, quantity: 1, explain: false },
      )
      // Nothing in a question can stand for a grant.
      expect(answer.allowed).toBe(false)
      expect(answer.reasons.map(({ code }) => code)).toContainEqual(
        expect.stringMatching(/^NO_GRANT$|^POLICY_FAILED$/),
      )
      const input = JSON.parse(texts.pop() ?? '') as InputDocument
      expect(input.question_id).toBe(answer.decision_id)
      expect(input.principal.id).toBe(name)
      expect(input.principal.roles).toEqual([name])
      expect(input.grants).toEqual([])
      expect(input.context.attributes).toEqual(said(attributes))
      expect(input.principal.claims.attributes).toEqual(said(attributes))
      expect(input.facts).toEqual(said(facts))
    }),
    { numRuns: 400 },
  )
})
