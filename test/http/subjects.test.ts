import { expect, test } from 'vitest'
import type { Asker } from '#decide/verbs.ts'
import { entitlementRows } from '#http/subject-entitlements.ts'
import { subjectSummary } from '#http/subject-summary.ts'
import { gives, grant, viewOf } from '#test/fixtures/view.ts'
import { alice } from '#test/rpc/needs.ts'
import { httpDoor } from './door.ts'

const day = 86_400_000

test('S002-37 the entitlements of a subject, by our id', async () => {
  await using door = await httpDoor()
  const reply = await door.get(`/v1/subjects/sub_${alice}/entitlements`)
  expect(reply.status).toBe(200)
  expect(await reply.json()).toEqual({
    subject_id: `sub_${alice}`,
    entitlements: [
      { key: 'docs_paid', status: 'active', starts_at: null, ends_at: null, updated_at: null },
      {
        key: 'seats',
        status: 'active',
        starts_at: null,
        ends_at: '2027-01-15T08:00:00.000Z',
        updated_at: null,
      },
    ],
  })
})

test('S003-13 the verb is told which door, route and trace a question about a subject came by', async () => {
  const askers: Asker[] = []
  await using door = await httpDoor({
    listEntitlements: async (asker) => {
      askers.push(asker)
      return { entitlements: [], data_revision: 'r', bundle_revision: 'b' }
    },
  })
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const headers = { authorization: `Bearer ${door.key}`, traceparent: `00-${traceId}-00f067aa0ba902b7-01` }
  await door.get(`/v1/subjects/sub_${alice}/entitlements`, headers)
  await door.get(`/v1/subjects/sub_${alice}/summary`)
  expect(askers).toMatchObject([
    { door: 'http', verb: 'SubjectEntitlements', trace_id: traceId },
    { door: 'http', verb: 'SubjectSummary' },
  ])
  expect(askers[1]).not.toHaveProperty('trace_id')
})

test('S002-37 each row has the times and the state of the grants behind it', () => {
  const view = viewOf({
    grants: {
      [alice]: [
        grant({ target: 'e1', starts_at: day }),
        grant({ target: 'e2', starts_at: day, past_due_at: 3 * day }),
        grant({ target: 'e3', starts_at: day, revoked_at: 2 * day }),
        grant({ target: 'e4', starts_at: 9 * day }),
      ],
    },
    catalogue: {
      givers: new Map(
        ['a', 'b', 'c', 'd'].map((key, at) => [key, new Map([[`e${at + 1}`, gives('entitlement')]])]),
      ),
    },
  })
  const held = ['a', 'b'].map((key) => ({ key, kind: 'boolean', reasons: [] }))
  const iso = (days: number) => new Date(days * day).toISOString()
  expect(entitlementRows(view, alice, held, 4 * day)).toEqual([
    { key: 'a', status: 'active', starts_at: iso(1), ends_at: null, updated_at: iso(1) },
    { key: 'b', status: 'past_due', starts_at: iso(1), ends_at: null, updated_at: iso(3) },
    { key: 'c', status: 'canceled', starts_at: iso(1), ends_at: iso(2), updated_at: iso(2) },
  ])
})

test('S002-38 the summary of a subject', async () => {
  await using door = await httpDoor()
  const reply = await door.get(`/v1/subjects/sub_${alice}/summary`, { 'x-internal-token': door.key })
  expect(await reply.json()).toEqual({
    tier: 'pro',
    academy_access: false,
    academy_all_access: false,
    academy_scope: 'none',
    academy_tracks: [],
    docs_access: true,
    docs_plan: null,
    docs_tier: 'member',
    copilot_access: false,
    copilot_tier: 'public',
    entitlements: ['docs_paid', 'seats'],
    source: 'db',
  })
})

test.each([
  [['docs_paid_yearly'], { docs_access: true, docs_plan: 'yearly', copilot_access: false }],
  [['docs_paid_monthly'], { docs_access: true, docs_plan: 'monthly' }],
  [['learn_member'], { docs_access: true, copilot_access: true, copilot_tier: 'member' }],
  [['copilot_paid'], { docs_access: false, copilot_access: true }],
  [['academy_all'], { academy_access: true, academy_all_access: true, academy_scope: 'all' }],
  [['academy_track:k8s'], { academy_access: true, academy_scope: 'tracks', academy_tracks: ['k8s'] }],
  [[], { academy_access: false, docs_tier: 'public', copilot_tier: 'public', tier: null }],
])('S002-32 S002-30 holding %j means so in the summary', (held, wanted) => {
  expect(subjectSummary(held, undefined)).toMatchObject(wanted)
})

test.each([
  ['no credential', [], 401],
  ['a gateway', ['gateway'], 403],
  ['a delegate', ['delegate'], 403],
] as const)('S002-37 internal callers only: %s', async (_who, roles, status) => {
  await using door = await httpDoor()
  const headers: Record<string, string> = roles.length > 0 ? { 'x-internal-token': door.keyOf(roles) } : {}
  expect((await door.get(`/v1/subjects/sub_${alice}/entitlements`, headers)).status).toBe(status)
  expect((await door.get(`/v1/subjects/sub_${alice}/summary`, headers)).status).toBe(status)
})

test.each(['sub_01990000-0000-7000-8000-0000000000ff', 'nobody', 'a%00b', '%2e%2e'])(
  'the unknown subject %s is 404',
  async (id) => {
    await using door = await httpDoor()
    expect((await door.get(`/v1/subjects/${id}/summary`)).status).toBe(404)
  },
)

test('S003-27 a platform caller names the tenant', async () => {
  await using door = await httpDoor()
  const headers = { 'x-internal-token': door.keyOf(['operator'], '') }
  const path = `/v1/subjects/sub_${alice}/summary`
  expect((await door.get(path, headers)).status).toBe(400)
  expect((await door.get(`${path}?tenant=acme`, headers)).status).toBe(200)
})
