import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { Answer, Question } from '#decide/verbs.ts'
import { activeBundle } from '#test/fixtures/active-bundle.ts'
import { person, viewOf } from '#test/fixtures/view.ts'
import { anyQuestion, anySmall, catalogue, now, organizations, type Small } from './any-world.ts'
import { service, verbsOver } from './asking.ts'

// Many questions: on a busy machine they take their time.
vi.setConfig({ testTimeout: 60_000 })

const bundle = await activeBundle()
const every = ['allow', 'allow', 'deny', 'override'] as const
const otherId = '01990000-0000-7000-8000-000000000002'
const mark = 'of-the-other-tenant'
const nobody = person()

/** The same ids and names as everywhere, in another tenant whose every text is marked. */
function viewOfOther({ world }: Small) {
  const grants = Object.fromEntries(
    Object.entries(world.grants ?? {}).map(([holder, held]) => [
      holder,
      held.map((grant) => ({ ...grant, id: mark, source_ref: mark })),
    ]),
  )
  const tenant = { ...catalogue.tenant, id: otherId, key: mark }
  const foreign = { id: mark, key: `${mark}-key`, path: [mark] }
  return viewOf({
    ...world,
    grants,
    organizations: [...organizations, foreign],
    facts: { alice: { [mark]: true } },
    experiments: { alice: { [mark]: mark } },
    catalogue: { ...catalogue, tenant },
  })
}

const withoutId = ({ decision_id: _, input: __, ...answer }: Answer) => answer

test('S003-29 what another tenant has under the same ids and names changes no answer and shows in none', async () => {
  await fc.assert(
    fc.asyncProperty(
      anySmall(every),
      anySmall(every),
      anyQuestion,
      fc.boolean(),
      async (mine, theirs, plain, abroad) => {
        const context = { ...plain.context, ...(abroad && { organization: mark }) }
        const question: Question = { ...plain, context, explain: true }
        const asker = { caller: { ...service, roles: ['auditor'] as const }, principal: mine.principal }
        const view = viewOf(mine.world)
        const alone = verbsOver([view], { bundle, now })
        const beside = verbsOver([viewOfOther(theirs), view], { bundle, now })
        const answer = beside.check(asker, question)
        expect(withoutId(answer)).toEqual(withoutId(alone.check(asker, question)))
        const list = await beside.listEntitlements(asker, context)
        expect(list).toEqual(await alone.listEntitlements(asker, context))
        const filtered = await beside.filterResources(asker, 'product', [], 'use', context)
        expect(filtered).toEqual(await alone.filterResources(asker, 'product', [], 'use', context))
        // The organization's name is the question's own; nothing else of the other tenant's may show.
        const shown = JSON.stringify([
          answer,
          list,
          filtered,
          beside.decided.map(({ input, verdict }) => [input, verdict]),
        ])
        expect(shown).not.toContain(mark)
        expect(shown).not.toContain(otherId)
      },
    ),
    { numRuns: 300 },
  )
})

test('S003-29 an organization of another tenant is unknown, whatever it would give', () => {
  const foreign = viewOfOther({ principal: nobody, world: { grants: {} } })
  const verbs = verbsOver([foreign, viewOf({ catalogue, organizations })], { bundle, now })
  for (const organization of [mark, `${mark}-key`]) {
    const question = {
      entitlement: 'docs',
      context: { organization, attributes: {} },
      quantity: 1,
      explain: false,
    }
    const answer = verbs.check({ caller: service, principal: nobody }, question)
    expect(answer).toMatchObject({ allowed: false, reasons: [{ code: 'ORGANIZATION_UNKNOWN' }] })
    expect(JSON.stringify(answer)).not.toContain(mark)
  }
})

test('S003-29 S003-27 a tenant that is suspended or unknown answers nothing, in one and the same words', () => {
  const tenant = { ...catalogue.tenant, id: otherId, key: mark, active: false }
  const verbs = verbsOver([viewOf({ catalogue: { ...catalogue, tenant } })], { bundle, now })
  const question = { entitlement: 'docs', context: { attributes: {} }, quantity: 1, explain: false }
  const refusal = (id: string) => {
    try {
      verbs.check({ caller: service, principal: { ...nobody, tenant: id } }, question)
    } catch (error) {
      const { message, metadata, code } = error as { message: string; metadata: object; code: string }
      return { message, metadata, code }
    }
    return undefined
  }
  expect(refusal(otherId)).toMatchObject({ code: 'TENANT_MISMATCH' })
  expect(refusal(otherId)).toEqual(refusal('01990000-0000-7000-8000-000000000009'))
})
