import { afterAll, beforeAll, expect, test } from 'vitest'
import { addSubject } from '#admin/people.ts'
import { createPreview } from '#decide/preview.ts'
import { rehearse } from '#postgres/rehearse.ts'
import { newId } from '#postgres/uuid.ts'
import type { RunningSnapshot } from '#snapshot/start-snapshot.ts'
import { addEntitlement, addModule, addProduct } from '#test/fixtures/catalogue.ts'
import { openStand, type Stand } from '#test/snapshot/stand.ts'
import { insertGrant } from './academy.ts'
import { rehearsing } from './rehearsing.ts'

let stand: Stand
let started: RunningSnapshot
beforeAll(async () => {
  stand = await openStand()
  started = await stand.start()
})
afterAll(() => stand.drop())

async function twenty(key: string) {
  const tenant = await stand.tenant(key)
  const { result, revision } = await stand.write(tenant, async (tx) => {
    const docs = await addEntitlement(tx, tenant, { key: 'docs' })
    // No administrator may name one like this.
    const twin = newId()
    await tx`insert into vouchsafe.entitlements (tenant_id, id, key, combine) values (${tenant}, ${twin}, 'product:course', 'any')`
    await addModule(tx, tenant, { key: 'main' })
    const course = await addProduct(tx, tenant, { key: 'course', requires_entitlement: true })
    const people: string[] = []
    for (let n = 0; n < 20; n++) people.push(await addSubject(tx, tenant))
    return { tenant, docs, twin, course, people }
  })
  await started.snapshot.wait(tenant, revision.revision, 10_000)
  return result
}

test('more than may be listed is counted; more than may be compared is said to be partial', async () => {
  const { tenant, docs, people } = await twenty('many')
  const parts = await rehearsing(stand, started, Date.now())
  const { effects } = await rehearse(stand.sql, tenant, async (tx) => {
    for (const subject_id of people) await insertGrant(tx, tenant, { subject_id, entitlement_id: docs })
  })
  const what = await started.whatIf(tenant, effects)
  if (!what) throw new Error('The tenant is not loaded.')
  const all = await createPreview(parts.needs)(what)
  // Without a module, and in the one there is.
  expect(all).toMatchObject({ gained: 40, lost: 0, compared: 40, partial: false })
  const listed = await createPreview(parts.needs, { flips: 7, compared: 1000 })(what)
  expect(listed).toMatchObject({ gained: 40, compared: 40, partial: false })
  expect(listed.flips).toEqual(all.flips.slice(0, 7))
  const compared = await createPreview(parts.needs, { flips: 1000, compared: 11 })(what)
  expect(compared).toMatchObject({ gained: 11, compared: 11, partial: true })
  const exact = await createPreview(parts.needs, { flips: 1000, compared: 40 })(what)
  expect(exact).toMatchObject({ gained: 40, compared: 40, partial: false })
})

test('an entitlement named like a product gives nothing, and takes nothing from it', async () => {
  const { tenant, twin, course, people } = await twenty('twins')
  const [one = '', other = ''] = people
  const parts = await rehearsing(stand, started, Date.now())
  const { preview } = await parts.rehearse(tenant, async (tx) => {
    await insertGrant(tx, tenant, { subject_id: one, entitlement_id: twin })
    await insertGrant(tx, tenant, { subject_id: other, product_id: course })
  })
  const told = preview?.flips.map(({ subject, entitlement, product }) => [subject, entitlement, product])
  expect(told).toHaveLength(2)
  expect(told).toContainEqual([`sub_${other}`, 'use', 'course'])
})

test('several at once are answered, one after the other, also where one fails', async () => {
  const { tenant, docs, people } = await twenty('queue')
  const parts = await rehearsing(stand, started, Date.now())
  const dry = (n: number) =>
    parts.rehearse(tenant, async (tx) => {
      if (n === 1) throw new Error('refused')
      await insertGrant(tx, tenant, { subject_id: people[n] ?? '', entitlement_id: docs })
    })
  const answers = await Promise.allSettled([0, 1, 2, 3].map(dry))
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  for (const [n, answer] of answers.entries())
    if (answer.status === 'fulfilled')
      expect(answer.value.preview?.flips[0]?.subject).toBe(`sub_${people[n]}`)
})
