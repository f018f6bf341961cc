import { afterAll, beforeAll, expect, test } from 'vitest'
import { addMember, addOrganization, removeMember } from '#admin/organizations.ts'
import { addSubject } from '#admin/people.ts'
import type { Tx } from '#postgres/pool.ts'
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

/** Forty people of an organization that is a member, and one who is nobody. */
async function club(key: string) {
  const tenant = await stand.tenant(key)
  const { result, revision } = await stand.write(tenant, async (tx) => {
    const member = await addEntitlement(tx, tenant, { key: 'member' })
    await addModule(tx, tenant, { key: 'main', member_entitlement: 'member' })
    await tx`update vouchsafe.tenants set default_module = 'main' where tenant_id = ${tenant}`
    await addProduct(tx, tenant, { key: 'course' })
    const organization = await addOrganization(tx, tenant, { key: 'company' })
    const right = await insertGrant(tx, tenant, { organization_id: organization, entitlement_id: member })
    const people: string[] = []
    for (let n = 0; n < 40; n++) {
      const subject = await addSubject(tx, tenant)
      await addMember(tx, tenant, { organization, subject })
      people.push(subject)
    }
    const [first = '', last = ''] = [people[0], people.at(-1)]
    return { tenant, member, organization, right, people, first, last, nobody: await addSubject(tx, tenant) }
  })
  await started.snapshot.wait(tenant, revision.revision, 10_000)
  return result
}
type Club = Awaited<ReturnType<typeof club>>

/** Whom it finds, where something else commits while it asks. */
async function foundWhile(club: Club, meanwhile: (tx: Tx) => Promise<unknown>): Promise<readonly string[]> {
  const { tenant } = club
  let done: Promise<unknown> | undefined
  const parts = await rehearsing(stand, started, Date.now(), async () => {
    done ??= stand.write(tenant, meanwhile)
    await done
    await new Promise((resolve) => setImmediate(resolve))
  })
  const found: string[] = []
  const question = { product: 'course', surface: 'use' }
  await stand.write(tenant, async (tx) => {
    for await (const subject of parts.whoHas(tx, tenant, question)) found.push(subject)
    expect(done).toBeDefined()
  })
  return found
}

test('whoever has access is found, each once', async () => {
  const { people, ...rest } = await club('quiet')
  const found = await foundWhile({ people, ...rest }, async () => undefined)
  expect([...found].sort()).toEqual([...people].sort())
})

test('who joins while others are asked is found, who leaves is not', async () => {
  const one = await club('busy')
  const { tenant, organization, people, first, last, nobody } = one
  const found = await foundWhile(one, async (tx) => {
    await removeMember(tx, tenant, { organization, subject: first })
    await removeMember(tx, tenant, { organization, subject: last })
    await addMember(tx, tenant, { organization, subject: nobody })
  })
  expect([...found].sort()).toEqual([...people.slice(1, -1), nobody].sort())
})

test('where an organization’s right ends while its people are asked, nobody is found', async () => {
  const one = await club('ending')
  const { tenant, right } = one
  const found = await foundWhile(
    one,
    (tx) => tx`update vouchsafe.grants set revoked_at = now() where tenant_id = ${tenant} and id = ${right}`,
  )
  expect(found).toEqual([])
})

test('what the transaction itself has changed counts', async () => {
  const { tenant, organization, people, nobody, first } = await club('own')
  const parts = await rehearsing(stand, started, Date.now())
  const found: string[] = []
  await stand.write(tenant, async (tx) => {
    await addMember(tx, tenant, { organization, subject: nobody })
    await removeMember(tx, tenant, { organization, subject: first })
    for await (const subject of parts.whoHas(tx, tenant, { product: 'course', surface: 'use' }))
      found.push(subject)
  })
  expect([...found].sort()).toEqual([...people.slice(1), nobody].sort())
})

test('from the first found to the end of the transaction nothing else of the tenant commits', async () => {
  const one = await club('held')
  const { tenant } = one
  const parts = await rehearsing(stand, started, Date.now())
  const order: string[] = []
  let other: Promise<unknown> | undefined
  await stand.write(tenant, async (tx) => {
    for await (const _ of parts.whoHas(tx, tenant, { product: 'course', surface: 'use' })) {
      other ??= stand.write(tenant, (each) => addSubject(each, tenant)).then(() => order.push('other'))
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
    order.push('held')
    await addSubject(tx, tenant)
  })
  await other
  expect(order).toEqual(['held', 'other'])
})

test('a tenant that the snapshot has not seen yet is waited for', async () => {
  const deaf = await stand.startDeaf()
  const { tenant, people } = await club('unseen')
  expect(deaf.snapshot.tenant(tenant)).toBeUndefined()
  const parts = await rehearsing(stand, deaf, Date.now())
  const found: string[] = []
  await stand.write(tenant, async (tx) => {
    for await (const subject of parts.whoHas(tx, tenant, { product: 'course', surface: 'use' }))
      found.push(subject)
  })
  expect([...found].sort()).toEqual([...people].sort())
})
