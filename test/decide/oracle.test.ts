import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { Grant } from '#core/grant.ts'
import type { Question } from '#decide/verbs.ts'
import { activeBundle } from '#test/fixtures/active-bundle.ts'
import { grant, person } from '#test/fixtures/view.ts'
import {
  anyHeld,
  anyQuestion,
  anySmall,
  catalogue,
  now,
  organizations,
  type Small,
  withHeld,
} from './any-world.ts'
import { service, verbsOver } from './asking.ts'
import { oracle } from './oracle.ts'

// Many questions: on a busy machine they take their time.
vi.setConfig({ testTimeout: 60_000 })

const bundle = await activeBundle()
const docs = { entitlement: 'docs' }
const every = ['allow', 'allow', 'allow', 'deny', 'override'] as const

function ask({ world, principal }: Small, question: Question, at = now) {
  return verbsOver([world], { bundle, now: at }).check({ caller: service, principal }, question)
}

test('V13 Check agrees with a naive reading of the design on random small worlds', () => {
  fc.assert(
    fc.property(anySmall(every), anyQuestion, (small, question) => {
      const answer = ask(small, question)
      const expected = oracle(small, question, now)
      expect(answer.allowed).toBe(expected !== undefined)
      if (expected?.certain) expect(answer.value).toEqual(expected.value)
      expect(answer.reasons.length).toBeGreaterThan(0)
      for (const { code } of answer.reasons) expect(code).not.toMatch(/^POLICY_|UNPROVEN/)
    }),
    { numRuns: 3000 },
  )
})

test('V13 adding an allow never takes an answer away, adding a deny never gives one', () => {
  fc.assert(
    fc.property(
      anySmall(every),
      anyHeld(['allow']),
      anyHeld(['deny']),
      anyQuestion,
      (small, more, less, question) => {
        // Its own revocation is what takes a token's word back.
        fc.pre(more[1].revoked_at === undefined)
        const { allowed } = ask(small, question)
        if (allowed) expect(ask(withHeld(small, more), question).allowed).toBe(true)
        else expect(ask(withHeld(small, less), question).allowed).toBe(false)
      },
    ),
    { numRuns: 800 },
  )
})

test('V13 where one grant alone gives the answer, whatever ends that grant ends the answer', () => {
  const alone = fc.record({
    target: fc.constantFrom('e-docs', 'p-app', 'v-basic', 'v-pro'),
    effect: fc.constantFrom('allow', 'override'),
    source: fc.constantFrom('admin', 'stripe', 'trial'),
    organization: fc.constantFrom(undefined, 'company', 'team'),
    value: fc.option(fc.nat(), { nil: undefined }),
  })
  const nobody = { world: { catalogue, organizations }, principal: person() }
  const member = {
    ...nobody.world,
    memberships: { alice: [{ organization: 'team', role: 'member' as const }] },
  }
  fc.assert(
    fc.property(alone, ({ target, effect, source, organization, value }) => {
      const given = grant({ target, effect, source, ...(value !== undefined && { value }) } as Grant)
      const holder = organization ?? 'alice'
      const question = {
        ...(target === 'p-app'
          ? { entitlement: 'use', resource: { kind: 'product', id: 'app' } as const }
          : docs),
        context: { ...(organization !== undefined && { organization }), attributes: {} },
        quantity: 1,
        explain: false,
      }
      const small = { ...nobody, world: member }
      const holding = (each: Partial<Grant>, by = holder) => withHeld(small, [by, { ...given, ...each }])
      expect(ask(small, question).allowed).toBe(false)
      expect(ask(holding({}), question).allowed).toBe(true)
      const ended = [
        holding({ revoked_at: now }),
        holding({ ends_at: now }),
        holding({ starts_at: now + 1 }),
        holding({ past_due_at: now - 8 * 86_400_000 }),
        holding({ module: 'club' }),
        holding({ access: 'read_only' }),
        holding({}, 'bob'),
        holding({}, 'sibling'),
        holding({}, 'squad'),
        withHeld(holding({}), [holder, { ...given, id: 'd', effect: 'deny' }]),
      ]
      for (const world of ended) expect(ask(world, question).allowed).toBe(false)
    }),
    { numRuns: 150 },
  )
})

test('S004-4 the clock alone changes no answer before its expires_at', () => {
  const later = fc.integer({ min: 0, max: 12 * 86_400_000 })
  fc.assert(
    fc.property(anySmall(every), anyQuestion, later, (small, question, ms) => {
      const answer = ask(small, question)
      const until = answer.expires_at ?? Number.POSITIVE_INFINITY
      expect(until).toBeGreaterThan(now)
      const said = ({ allowed, value, obligations }: typeof answer) => ({
        allowed,
        value,
        obligations,
      })
      for (const at of [Math.min(now + ms, until - 1), ...(answer.expires_at ? [until - 1] : [])])
        expect(said(ask(small, question, at))).toEqual(said(answer))
    }),
    { numRuns: 1500 },
  )
})
