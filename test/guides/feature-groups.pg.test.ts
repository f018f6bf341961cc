import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readDocument } from '#cli/catalog/read-document.ts'
import { CatalogService } from '#gen/vouchsafe/admin/v1/catalog_service_pb.ts'
import { SubjectService } from '#gen/vouchsafe/admin/v1/subject_service_pb.ts'
import type { Entitlement } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { person, plan, since } from '#test/administration/named.ts'
import { said } from '#test/end-to-end/said.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'

const guide = readFileSync(resolve(import.meta.dirname, '../../docs/guides/feature-groups.md'), 'utf8')
const [, text = ''] = /<!-- file: feature-groups.yaml -->\n```yaml\n([\s\S]*?)```/.exec(guide) ?? []
const groups = /^(nav_options|business_features|content_access:.*|ui_features|admin_capabilities|lesson-2)$/
const tenant = 'acme'
let server: Server

beforeAll(async () => {
  server = await startServer()
  const { catalog } = readDocument(text)
  await server.operator.call(CatalogService.method.applyCatalog)({ catalog, tenant })
})
afterAll(() => server?.stop())

const bearer = async (sub: string) =>
  ({ subject: { case: 'accessToken', value: await server.place.token(sub) } }) as const
const give = (sub: string, key: string) =>
  server.operator.grant({ holder: person(sub), target: plan(key), tenant })
const shownValue = ({ value }: Entitlement) => {
  if (value?.kind.case === 'listValue') return value.kind.value.values.map(({ kind }) => kind.value).sort()
  return value?.kind.value ?? null
}
/** The groups that a frontend gets for somebody. */
async function shown(sub: string, revision: string) {
  const asked = { subject: await bearer(sub), consistency: since(revision) }
  const { entitlements } = await server.operator.listEntitlements(asked)
  return Object.fromEntries(
    entitlements.filter(({ key }) => groups.test(key)).map((held) => [held.key, shownValue(held)]),
  )
}

const learner = {
  'content_access:categories': ['basics'],
  'content_access:max_videos_per_day': 5,
  'content_access:modules': ['module-1', 'module-2'],
  nav_options: ['courses', 'home'],
  ui_features: ['player'],
}

test('S003-51 feature groups are what a person’s plans add up to, and nothing of what they lack', async () => {
  const one = await give('lea', 'learner')
  expect(await shown('lea', one.revision)).toEqual(learner)
  const both = await give('lea', 'business')
  expect(await shown('lea', both.revision)).toEqual({
    ...learner,
    admin_capabilities: ['invite_members'],
    business_features: ['invoices', 'reports'],
    'content_access:categories': ['basics', 'leadership'],
    'content_access:max_videos_per_day': 50,
    nav_options: ['courses', 'home', 'team'],
  })
  expect(await shown('nobody-here', both.revision)).toEqual({})
})

test('S003-51 the videos of a day are a limit', async () => {
  const { revision } = await give('max', 'learner')
  const ask = (quantity: bigint) =>
    server.ask('max', {
      entitlement: 'content_access:max_videos_per_day',
      quantity,
      consistency: since(revision),
    } as never)
  expect(said(await ask(5n))).toBe('yes GRANTED')
  const denied = await ask(6n)
  expect([said(denied), denied.denyAs]).toEqual(['no QUOTA_EXCEEDED', 429])
})

test('S003-51 a lesson opens when the one before is completed, in lists and menus too, and closes when that is taken back', async () => {
  const { grant, revision } = await give('tom', 'learner')
  const subject = String(grant?.holder?.holder.value)
  const fact = { subject, key: 'completed:module-1', tenant }
  const look = async (at: string) => {
    const asked = { subject: await bearer('tom'), consistency: since(at) }
    const menu = await server.operator.filterResources({
      ...asked,
      kind: 'navigation',
      entitlement: 'view',
      ids: ['lessons/2'],
    })
    const check = await server.ask('tom', { entitlement: 'lesson-2', consistency: since(at) })
    return [said(check), 'lesson-2' in (await shown('tom', at)), menu.ids]
  }
  const closed = ['no CONDITION_FAILED', false, []]
  expect(await look(revision)).toEqual(closed)
  const { setFact, deleteFact } = SubjectService.method
  const value = { kind: { case: 'boolValue', value: true } } as const
  const done = await server.operator.call(setFact)({ ...fact, value })
  expect(await look(done.revision)).toEqual(['yes GRANTED', true, ['lessons/2']])
  const undone = await server.operator.call(deleteFact)(fact)
  expect(await look(undone.revision)).toEqual(closed)
})
