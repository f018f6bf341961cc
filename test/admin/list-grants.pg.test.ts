import { afterAll, beforeAll, expect, test } from 'vitest'
import { grantEntitlement } from '#admin/grant-entitlement.ts'
import { listGrants } from '#admin/list-grants.ts'
import { createPageTokens } from '#admin/page-tokens.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'
import { newWorld, start, type World } from './world.ts'

let database: FreshDatabase
let world: World
const pageTokens = createPageTokens('a secret of the test')
beforeAll(async () => {
  database = await freshDatabase()
  world = await newWorld(database.sql)
  for (let i = 0; i < 17; i++) {
    world.at(start + Math.floor(i / 3))
    await grantEntitlement(world.needs, world.by, {
      holder: { subject: world.subject },
      target: { entitlement: 'docs' },
      source_ref: `ref-${i}`,
      ...(i % 5 === 0 && { ends_at: start + 10 }),
    })
  }
  world.at(start + 20)
})
afterAll(() => database.drop())

const list = (input: Partial<Parameters<typeof listGrants>[2]>) =>
  listGrants({ ...world.needs, pageTokens }, world.by, { holder: { subject: world.subject }, ...input })

test.each([1, 2, 5, 16, 17, 53])(
  'V21 pages of %i together are the whole list, newest first',
  async (size) => {
    const whole = (await list({ include_ended: true })).grants
    const pages = []
    let token = ''
    do {
      const page = await list({ include_ended: true, page_size: size, page_token: token })
      expect(page.grants.length).toBeLessThanOrEqual(size)
      pages.push(...page.grants)
      token = page.next_page_token
    } while (token !== '')
    expect(pages).toEqual(whole)
    expect(whole).toHaveLength(17)
    expect(whole.map(({ granted_at }) => granted_at)).toEqual(
      whole.map(({ granted_at }) => granted_at).sort((a, b) => b - a),
    )
  },
)

test('ended ones are listed only on demand, and the revision of the rows is told', async () => {
  const live = await list({})
  expect(live.grants).toHaveLength(13)
  expect(live.revision).toMatchObject({ tenant: world.by.tenant, revision: 19 })
})

test('V19 a token of another list, or a negative size, is INVALID_FIELD', async () => {
  const { next_page_token } = await list({ page_size: 2 })
  await expect(
    list({ page_size: 2, page_token: next_page_token, include_ended: true }),
  ).rejects.toMatchObject({ code: 'INVALID_FIELD' })
  await expect(list({ page_size: -1 })).rejects.toMatchObject({ code: 'INVALID_FIELD' })
})
