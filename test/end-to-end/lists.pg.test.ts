import { afterAll, beforeAll, expect, test } from 'vitest'
import { demoPeople } from '#admin/demo-people.ts'
import { CatalogService } from '#gen/vouchsafe/admin/v1/catalog_service_pb.ts'
import { person, product, since } from '#test/administration/named.ts'
import { rest } from '#test/administration/rest.ts'
import { type Server, startServer } from './server.ts'

const tenant = 'acme'
let server: Server
let revision = ''
let catalog: { entitlements: string[]; product: string[]; content: string[]; navigation: string[] }
beforeAll(async () => {
  server = await startServer()
  // Given and withheld again: a list must not show it either.
  await server.operator.grant({ holder: person('hana'), target: product('runner'), tenant })
  const denied = await server.operator.grant({
    holder: person('hana'),
    target: product('runner'),
    effect: 2,
    tenant,
  })
  revision = denied.revision
  const { catalog: all } = await server.operator.call(CatalogService.method.exportCatalog)({ tenant })
  const keysOf = (kind: string) =>
    (all?.resources ?? []).filter((each) => each.kind === kind).map(({ key }) => key)
  catalog = {
    entitlements: (all?.entitlements ?? []).map(({ key }) => key),
    product: (all?.products ?? []).map(({ key }) => key),
    content: keysOf('content'),
    navigation: keysOf('navigation'),
  }
})
afterAll(() => server?.stop())

const people = demoPeople.map(({ name }) => name)
const bearer = async (sub: string) =>
  ({ subject: { case: 'accessToken', value: await server.place.token(sub) } }) as const
/** Those of the questions to which Check says yes. */
async function allowed(sub: string, questions: readonly object[]): Promise<readonly boolean[]> {
  const subject = await bearer(sub)
  const { results } = await server.operator.batchCheck({
    checks: questions.map((question) => ({ subject, consistency: since(revision), ...question })),
  })
  return results.map(({ result }) => {
    if (result.case !== 'response') throw new Error(`not answered: ${JSON.stringify(result.value)}`)
    return result.value.allowed
  })
}

test.each(people)('S003-26 the list of %s has what Check allows, and not a word of the rest', async (sub) => {
  const answers = await allowed(
    sub,
    catalog.entitlements.map((entitlement) => ({ entitlement })),
  )
  const has = catalog.entitlements.filter((_, n) => answers[n]).sort()
  const list = await server.operator.listEntitlements({
    subject: await bearer(sub),
    consistency: since(revision),
  })
  expect(list.entitlements.map(({ key }) => key).sort()).toEqual(has)
})

test.each(['product', 'content', 'navigation'] as const)(
  'S003-26 of all ids of kind %s a frontend gets those that Check allows, person by person',
  async (kind) => {
    const surface = kind === 'product' ? 'use' : 'view'
    const ids = catalog[kind]
    expect(ids.length).toBeGreaterThan(1)
    const visible: string[][] = []
    for (const sub of people) {
      const questions = ids.map((id) => ({ entitlement: surface, resource: { kind, id } }))
      const answers = await allowed(sub, questions)
      const asked = { subject: await bearer(sub), kind, entitlement: surface, consistency: since(revision) }
      const { ids: filtered } = await server.operator.filterResources({ ...asked, ids })
      expect(filtered, sub).toEqual(ids.filter((_, n) => answers[n]))
      // Ids that nobody has are as invisible as those of somebody else.
      const probing = await server.operator.filterResources({ ...asked, ids: [...ids, 'no-such-thing'] })
      expect(probing.ids).toEqual(filtered)
      visible.push(filtered)
    }
    // It differs by person, or it would show nothing.
    expect(new Set(visible.map((each) => each.join())).size).toBeGreaterThan(1)
  },
)

test('S003-26 what was withheld from somebody is in none of their lists', async () => {
  const asked = { subject: await bearer('hana'), consistency: since(revision) }
  const { ids } = await server.operator.filterResources({
    ...asked,
    kind: 'product',
    entitlement: 'use',
    ids: ['runner'],
  })
  expect(ids).toEqual([])
})

test('S003-26 the REST lists are filtered by the same answers', async () => {
  for (const sub of people) {
    // Without the token: what the rows give.
    const { body } = await rest(server, 'GET', `/v1/subjects/${sub}/entitlements?tenant=${tenant}`)
    const rows = body.entitlements as { key: string; status: string }[]
    const { subject_id } = body as { subject_id: string }
    const subject = { subject: { case: 'principal', value: { id: subject_id } } } as const
    const { entitlements } = await server.operator.listEntitlements({ subject, tenant })
    const held = entitlements.map(({ key }) => key).sort()
    const shown = rows.filter(({ status }) => status !== 'canceled').map(({ key }) => key)
    expect(shown.sort(), sub).toEqual(held)
    const summary = await rest(server, 'GET', `/v1/subjects/${sub}/summary?tenant=${tenant}`)
    expect([...(summary.body.entitlements as string[])].sort(), sub).toEqual(held)
    expect(summary.body.copilot_access, sub).toBe(
      held.includes('copilot_paid') || held.includes('learn_member'),
    )
  }
})
