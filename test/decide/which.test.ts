import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { AppError } from '#core/errors.ts'
import type { AppliedChange, TenantView } from '#core/tenant-view.ts'
import type { Needs } from '#decide/needs.ts'
import type { Question } from '#decide/verbs.ts'
import { createWhich } from '#decide/which.ts'
import { createWhoMay, mostSubjects, mostWaiting } from '#decide/who-may.ts'
import { activeBundle } from '#test/fixtures/active-bundle.ts'
import { entitlement, gives, grant, tenantId, viewOf, type World } from '#test/fixtures/view.ts'
import { anyQuestion, anySmall, catalogue, now } from './any-world.ts'
import { service, verbsOver } from './asking.ts'

vi.setConfig({ testTimeout: 60_000 })

const bundle = await activeBundle()
const every = ['allow', 'allow', 'allow', 'deny', 'override'] as const

/** What the searches need, over a view that `live` may replace, and subjects that it may add. */
function needsOver(live: { view: TenantView; subjects: readonly string[]; breathe?: () => void }) {
  const listeners = new Set<(change: AppliedChange) => void>()
  const needs: Needs & { people: () => object } = {
    snapshot: {
      tenant: () => live.view,
      issuer: () => undefined,
      issuersOf: () => [],
      callerOfKey: () => undefined,
      callerOfCertificate: () => undefined,
      callerOfSubject: () => undefined,
      ageMs: () => 0,
      wait: async () => undefined,
      refresh: async () => undefined,
      subscribe: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    bundle: () => bundle,
    now: () => now,
    newId: () => 'd',
    record: () => {
      throw new Error('A list is not in the journal.')
    },
    breathe: async () => live.breathe?.(),
    softStalenessMs: 5000,
    hardStalenessMs: 900_000,
    people: () => ({ size: live.subjects.length, subjects: () => live.subjects, names: () => [] }),
  }
  const tell = (subjects: readonly string[], tenant_wide = false) => {
    for (const listener of listeners)
      listener({ tenant: live.view.id, revision: live.view.revision, at: now, subjects, tenant_wide })
  }
  return { needs: needs as Needs & Parameters<typeof createWhoMay>[0], tell, listeners }
}

const asks = (key: string, context = {}): Question => ({
  entitlement: key,
  context: { attributes: {}, ...context },
  quantity: 1,
  explain: false,
})

test('V21 of many questions those are found that Check says yes to', async () => {
  await fc.assert(
    fc.asyncProperty(
      anySmall(every),
      fc.array(anyQuestion, { maxLength: 12 }),
      anyQuestion,
      async ({ world, principal }, asked, { context }) => {
        const questions = asked.map((each) => ({ ...each, context, explain: false }))
        const { check } = verbsOver([world], { bundle, now })
        const asker = { caller: service, principal }
        const { needs } = needsOver({ view: viewOf(world), subjects: [] })
        const { allowed } = await createWhich(needs)(asker, context, () => questions)
        expect(allowed).toEqual(questions.filter((question) => check(asker, question).allowed))
      },
    ),
    { numRuns: 200 },
  )
})

const ids = ['01990000-0000-7000-8000-0000000000a1', '01990000-0000-7000-8000-0000000000b1']

test('V21 the subjects found are those that Check says yes about', async () => {
  await fc.assert(
    fc.asyncProperty(anySmall(every), anyQuestion, async ({ world, principal }, asked) => {
      const question = { ...asked, explain: false }
      const subjects = [...ids, ...(principal.subject === undefined ? [] : [principal.subject])]
      const { needs } = needsOver({ view: viewOf(world), subjects })
      const found = await createWhoMay(needs)(tenantId, 'user', question)
      const { check } = verbsOver([world], { bundle, now })
      const claims = { roles: [], entitlements: [], attributes: {} }
      const expected = subjects.filter((subject) => {
        const kind = 'user' as const
        const about = { tenant: tenantId, subject, id: `sub_${subject}`, kind, claims }
        return check({ caller: service, principal: about }, question).allowed
      })
      expect(found.subjects).toEqual([...new Set(expected)].sort())
    }),
    { numRuns: 200 },
  )
})

const docs = entitlement('docs')
const worldOf = (holders: readonly string[], revision: number): World => ({
  revision,
  catalogue: {
    ...catalogue,
    entitlements: new Map([['docs', docs]]),
    givers: new Map([['docs', new Map([[docs.id, gives('entitlement')]])]]),
  },
  grants: Object.fromEntries(holders.map((id) => [id, [grant({ target: docs.id })]])),
})

test('V21 a search is of one revision, however the feed goes on', async () => {
  const many = Array.from(
    { length: 60 },
    (_, n) => `01990000-0000-7000-8000-0000000001${String(n).padStart(2, '0')}`,
  )
  const state = { world: worldOf(many, 1) }
  // One view that follows, as the snapshot's does.
  const view = new Proxy({} as TenantView, { get: (_, name) => Reflect.get(viewOf(state.world), name) })
  const late = '01990000-0000-7000-8000-000000000199'
  let turns = 0
  const { needs, tell, listeners } = needsOver({
    view,
    subjects: many,
    breathe: () => {
      turns++
      if (turns !== 2) return
      // After the first of them were asked about: one loses it, and one who was not there gets it.
      state.world = worldOf([...many.slice(1), late], 2)
      tell([many[0] ?? '', late])
    },
  })
  const { subjects } = await createWhoMay(needs)(tenantId, 'user', asks('docs'))
  expect(subjects).toEqual([...many.slice(1), late].sort())
  expect(turns).toBeGreaterThan(2)
  expect(listeners.size).toBe(0)
})

test('a search begins anew when the whole tenant changed, and gives up when it always does', async () => {
  const state = { world: worldOf(ids, 1) }
  const view = new Proxy({} as TenantView, { get: (_, name) => Reflect.get(viewOf(state.world), name) })
  let changes = 1
  const { needs, tell } = needsOver({
    view,
    subjects: ids,
    breathe: () => {
      if (changes-- <= 0) return
      state.world = worldOf(ids.slice(1), 2)
      tell([], true)
    },
  })
  const whoMay = createWhoMay(needs)
  expect((await whoMay(tenantId, 'user', asks('docs'))).subjects).toEqual(ids.slice(1))
  changes = Number.POSITIVE_INFINITY
  await expect(whoMay(tenantId, 'user', asks('docs'))).rejects.toEqual(
    expect.objectContaining({ code: 'NOT_READY' }),
  )
})

test('a tenant of too many subjects is refused, and never cut', async () => {
  const subjects = Array.from({ length: mostSubjects + 1 }, () => 'x')
  const { needs } = needsOver({ view: viewOf(worldOf([], 1)), subjects })
  const refused = await createWhoMay(needs)(tenantId, 'user', asks('docs')).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(AppError)
  expect(refused).toMatchObject({ code: 'INVALID_FIELD', metadata: { max: String(mostSubjects) } })
})

test('searches wait for each other, but not in any number', async () => {
  const { needs } = needsOver({ view: viewOf(worldOf(ids, 1)), subjects: ids })
  const whoMay = createWhoMay(needs)
  const all = await Promise.allSettled(
    Array.from({ length: mostWaiting + 3 }, () => whoMay(tenantId, 'user', asks('docs'))),
  )
  const refused = all.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
  expect(refused).toHaveLength(3)
  for (const reason of refused) expect(reason).toMatchObject({ code: 'LIMIT_EXCEEDED' })
  expect((await whoMay(tenantId, 'user', asks('docs'))).subjects).toEqual(ids)
})

test('one tenant’s large searches do not hold up another’s small one', async () => {
  const large = Array.from(
    { length: 2000 },
    (_, n) => `01990000-0000-7000-8000-00000000${n.toString(16).padStart(4, '0')}`,
  )
  const small = tenantId.replace(/.$/, 'f')
  const tenants = new Map<string, { view: TenantView; subjects: readonly string[] }>([
    [tenantId, { view: viewOf(worldOf(large, 1)), subjects: large }],
    [small, { view: { ...viewOf(worldOf(ids, 1)), id: small }, subjects: ids }],
  ])
  const { needs } = needsOver({ view: viewOf(worldOf(ids, 1)), subjects: ids })
  const breaths = { under: 0, most: 0 }
  const whoMay = createWhoMay({
    ...needs,
    snapshot: { ...needs.snapshot, tenant: (name) => tenants.get(name)?.view },
    people: (tenant) => ({ ...needs.people(tenant), ...peopleOf(tenants.get(tenant)?.subjects ?? []) }),
    breathe: async () => {
      breaths.most = Math.max(breaths.most, ++breaths.under)
      await new Promise((resolve) => setImmediate(resolve))
      breaths.under--
    },
  })
  const ended: number[] = []
  const ask = async (tenant: string) => {
    const { subjects } = await whoMay(tenant, 'user', asks('docs'))
    ended.push(subjects.length)
  }
  const all = Array.from({ length: mostWaiting }, () => ask(tenantId))
  await expect(ask(tenantId)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  await ask(small)
  expect(ended).toEqual([ids.length])
  await Promise.all(all)
  expect(ended).toHaveLength(1 + mostWaiting)
  // However many are under way, questions wait for one of them only.
  expect(breaths.most).toBe(1)
})

function peopleOf(subjects: readonly string[]) {
  return { size: subjects.length, subjects: () => subjects, names: () => [] }
}
