import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { Grant } from '#core/grant.ts'
import type { Principal } from '#core/principal.ts'
import type { Question, QuestionContext } from '#decide/verbs.ts'
import { activeBundle } from '#test/fixtures/active-bundle.ts'
import { entitlement, gives, grant, person } from '#test/fixtures/view.ts'
import { anyQuestion, anySmall, catalogue, now } from './any-world.ts'
import { service, verbsOver } from './asking.ts'

// Many questions: on a busy machine they take their time.
vi.setConfig({ testTimeout: 60_000 })

const bundle = await activeBundle()
const every = ['allow', 'allow', 'allow', 'deny', 'override'] as const
/** Lists ask for one unit of everything. */
const anyContext = anyQuestion.map(({ context }) => context)
const question = (
  entitlement: string,
  context: QuestionContext,
  resource?: Question['resource'],
): Question => ({
  entitlement,
  ...(resource && { resource }),
  context,
  quantity: 1,
  explain: false,
})

const docs = question('docs', { attributes: {} })

test('V21 ListEntitlements is every key that Check allows, with its value and end, and no other', async () => {
  await fc.assert(
    fc.asyncProperty(anySmall(every), anyContext, async ({ world, principal }, context) => {
      const verbs = verbsOver([world], { bundle, now })
      const asker = { caller: service, principal }
      const { entitlements } = await verbs.listEntitlements(asker, context)
      const checked = [...catalogue.entitlements.keys()].sort().flatMap((key) => {
        const { allowed, value, expires_at, reasons } = verbs.check(asker, question(key, context))
        return allowed ? [{ key, value, expires_at, reasons }] : []
      })
      expect(
        entitlements.map(({ kind: _, ...held }) => ({ value: undefined, expires_at: undefined, ...held })),
      ).toEqual(checked)
    }),
    { numRuns: 300 },
  )
})

test('V21 FilterResources keeps the candidates that Check allows, in their order', async () => {
  const ids = fc.array(fc.constantFrom('app', 'guide', 'lesson', 'intro', 'unknown', '__proto__'), {
    maxLength: 30,
  })
  const kinds = fc.constantFrom('product', 'content', 'navigation')
  const surfaces = fc.constantFrom('use', 'manifest', 'download')
  await fc.assert(
    fc.asyncProperty(
      anySmall(every),
      anyContext,
      kinds,
      surfaces,
      ids,
      async (small, context, kind, surface, asked) => {
        fc.pre(asked.length > 0)
        const verbs = verbsOver([small.world], { bundle, now })
        const asker = { caller: service, principal: small.principal }
        const filtered = await verbs.filterResources(asker, kind, asked, surface, context)
        const visible = asked.filter(
          (id) => verbs.check(asker, question(surface, context, { kind, id })).allowed,
        )
        expect(filtered.ids).toEqual(visible)
      },
    ),
    { numRuns: 300 },
  )
})

test('V20 of very many grants only what counts now decides', () => {
  const over = Array.from({ length: 70_000 }, (_, i) => {
    const end = i % 2 ? { ends_at: now - i } : { revoked_at: now - i }
    return grant({ id: `old-${i}`, target: 'e-docs', effect: i % 3 ? 'allow' : 'deny', ...end })
  })
  const ask = (grants: readonly Grant[], changes: Partial<Principal> = {}) => {
    const verbs = verbsOver([{ catalogue, grants: { alice: grants } }], { bundle, now })
    const { allowed, reasons } = verbs.check({ caller: service, principal: person(changes) }, docs)
    return { allowed, code: reasons[0]?.code }
  }
  const live = grant({ target: 'e-docs' })
  expect(ask(over)).toEqual({ allowed: false, code: 'EXPIRED' })
  expect(ask([...over, live])).toEqual({ allowed: true, code: 'GRANTED' })
  expect(ask([...over, live, { ...live, id: 'd', effect: 'deny' }])).toMatchObject({ allowed: false })
  // The latest withdrawal still counts against a token from before it.
  const claimed = { claims: { roles: [], entitlements: ['docs'], attributes: {} } }
  expect(ask(over, { ...claimed, token_issued_at: now - 3 })).toMatchObject({ allowed: false })
  expect(ask(over, { ...claimed, token_issued_at: now })).toEqual({ allowed: true, code: 'CLAIM' })
  // More that counts than a policy may be shown is refused, never guessed at.
  const lasting = over.map(({ id }) => ({ ...live, id }))
  expect(ask(lasting)).toEqual({ allowed: false, code: 'POLICY_INPUT_LOST' })
})

test('S000-1 a tenant that sells nothing yet still says the tier', async () => {
  const bare = { ...catalogue, entitlements: new Map(), givers: new Map() }
  const verbs = verbsOver([{ catalogue: bare }], { bundle, now })
  const { tier } = await verbs.listEntitlements({ caller: service, principal: person() }, { attributes: {} })
  expect(tier).toBe('free')
})

test('V12 a list reads what was there when it began, whatever the feed does meanwhile', async () => {
  const keys = Array.from({ length: 200 }, (_, i) => `key-${String(i).padStart(3, '0')}`)
  const wide = {
    ...catalogue,
    entitlements: new Map(keys.map((key) => [key, entitlement(key)])),
    givers: new Map(keys.map((key) => [key, new Map([[`e-${key}`, gives('entitlement')]])])),
  }
  const held = { alice: keys.map((key) => grant({ target: `e-${key}` })) }
  const verbs = verbsOver([{ catalogue: wide, grants: held }], { bundle, now })
  const listing = verbs.listEntitlements({ caller: service, principal: person() }, { attributes: {} })
  held.alice = []
  expect((await listing).entitlements).toHaveLength(200)
  expect(
    (await verbs.listEntitlements({ caller: service, principal: person() }, { attributes: {} })).entitlements,
  ).toEqual([])
})
