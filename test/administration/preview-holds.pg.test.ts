import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Preview } from '#core/preview.ts'
import { placesOf } from '#decide/everyone.ts'
import type { Tx } from '#postgres/pool.ts'
import type { RunningSnapshot } from '#snapshot/start-snapshot.ts'
import { must } from '#test/snapshot/picture.ts'
import { openStand, type Stand } from '#test/snapshot/stand.ts'
import { rehearsing } from './rehearsing.ts'
import { makeTown, obey, order, questions, type Town } from './small-town.ts'

const now = Date.now()
let stand: Stand
let started: RunningSnapshot
let parts: Awaited<ReturnType<typeof rehearsing>>
beforeAll(async () => {
  stand = await openStand()
  started = await stand.start()
  parts = await rehearsing(stand, started, now)
})
afterAll(() => stand.drop())

/** Name of a question to somebody → the answer and its reason. */
type Answers = ReadonlyMap<string, { readonly allowed: boolean; readonly reason: string }>

function everyAnswer({ tenant, subjects, organizations }: Town): Answers {
  const answers = new Map<string, { allowed: boolean; reason: string }>()
  for (const subject of subjects)
    for (const question of questions)
      for (const organization of ['', ...organizations])
        for (const module of ['', 'club']) {
          const context = { ...(organization && { organization }), ...(module && { module }), attributes: {} }
          const answer = parts.ask(tenant, subject, { ...question, context, quantity: 1, explain: false })
          const resource = 'resource' in question ? `${question.resource.kind}:${question.resource.id}` : ''
          answers.set(name(subject, question.entitlement, resource, organization, module), {
            allowed: answer?.allowed ?? false,
            reason: answer?.reasons[0]?.code ?? '',
          })
        }
  return answers
}

const name = (...texts: string[]) => texts.join(' ')

function foretold({ flips }: Preview): Answers {
  return new Map(
    flips.map((flip) => {
      const resource = flip.product === undefined ? (flip.resource ?? '') : `product:${flip.product}`
      const organization = flip.organization?.slice(4) ?? ''
      const { subject, entitlement, module = '', allowed, reason } = flip
      return [name(subject.slice(4), entitlement, resource, organization, module), { allowed, reason }]
    }),
  )
}

/** What turned, in the organizations in which a preview asks about somebody. */
function turned(before: Answers, after: Answers, places: ReadonlyMap<string, ReadonlySet<string>>): Answers {
  return new Map(
    [...after].filter(([question, { allowed }]) => {
      const [subject = '', , , organization = ''] = question.split(' ')
      const asked = organization === '' || places.get(subject)?.has(organization)
      return asked && before.get(question)?.allowed !== allowed
    }),
  )
}

function placesIn({ tenant, subjects }: Town): ReadonlyMap<string, ReadonlySet<string>> {
  const view = must(started.snapshot, tenant)
  return new Map(subjects.map((subject) => [subject, placesOf(view, subject)]))
}

/** Only those lose by a restriction from whom a right to it was taken before; the right gives the closed surface too. */
async function expectNobodyLockedOut({ tenant }: Town, happened: Answers): Promise<void> {
  const taken = await stand.sql<{ subject_id: string }[]>`
    select subject_id from vouchsafe.grants where tenant_id = ${tenant} and product_id is not null
      and scope_organization_id is null and module is null and revoked_at is not null and effect <> 'deny'`
  const known = new Set(taken.map(({ subject_id }) => subject_id))
  for (const [question, { allowed }] of happened) {
    const [subject = '', surface] = question.split(' ')
    if (allowed) expect(surface).toBe('download')
    else expect(known).toContain(subject)
  }
}

test('S001-8 what a dry run says of any change is what then happens', { timeout: 600_000 }, async () => {
  let towns = 0
  let flipped = 0
  await fc.assert(
    fc.asyncProperty(fc.array(order, { minLength: 4, maxLength: 14 }), async (orders) => {
      const tenant = await stand.tenant(`town-${++towns}`)
      const { result: town, revision: made } = await stand.write(tenant, (tx) => makeTown(tx, tenant))
      await started.snapshot.wait(tenant, made.revision, 10_000)
      let before = everyAnswer(town)
      for (const each of orders) {
        const work = (tx: Tx) => obey(tx, town, parts.scopeOf(tenant), each)
        const { preview, revision } = await parts.rehearse(tenant, work)
        if (!preview) throw new Error('There is no preview.')
        await started.snapshot.wait(tenant, revision.revision, 10_000)
        const places = placesIn(town)

        const written = await stand.write(tenant, work)
        await started.snapshot.wait(tenant, written.revision.revision, 10_000)
        const then = placesIn(town)
        const both = new Map(
          [...places].map(([subject, some]) => [subject, some.union(then.get(subject) ?? new Set<string>())]),
        )
        const after = everyAnswer(town)
        const happened = turned(before, after, both)
        expect(foretold(preview)).toEqual(happened)
        const gained = [...happened.values()].filter(({ allowed }) => allowed).length
        expect(preview).toMatchObject({ gained, lost: happened.size - gained, partial: false })
        before = after
        flipped += happened.size
        if (each.kind === 1 || each.kind === 2) await expectNobodyLockedOut(town, happened)
      }
    }),
    { numRuns: 25 },
  )
  expect(flipped).toBeGreaterThan(300)
})
