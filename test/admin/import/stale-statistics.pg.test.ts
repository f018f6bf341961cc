import { afterAll, beforeAll, expect, test } from 'vitest'
import { findHolders } from '#admin/find-holders.ts'
import { placeHolders } from '#admin/import/holders.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { openStand, type Stand } from '#test/snapshot/stand.ts'
import { makeWorld, type World } from '#test/snapshot/world.ts'

const people = 20_000
const asked = 1_000

let stand: Stand
let world: World
const ids = Array.from({ length: people }, () => newId())
const nameOf = (n: number) => `person-${n}`
beforeAll(async () => {
  stand = await openStand()
  world = await makeWorld(stand, 'stale')
  await stand.sql`alter table vouchsafe.identities set (autovacuum_enabled = off)`
  await stand.sql`alter table vouchsafe.subjects set (autovacuum_enabled = off)`
  await stand.sql`analyze vouchsafe.identities, vouchsafe.subjects`
  // Statistics know of none of them.
  await stand.write(world.tenant, async (tx) => {
    await tx`select vouchsafe.import_people(${ids}::uuid[], ${ids.map(() => world.iss)}::text[], ${ids.map((_, n) => nameOf(n))}::text[], '{}')`
    await tx`insert into vouchsafe.issuers (tenant_id, id, iss, audiences, jwks_uri) values (${world.tenant}, ${newId()}, ${world.iss}, '{a}', ${world.iss})`
  })
}, 60_000)
afterAll(() => stand?.drop())

/** How many people were read by what a transaction does. */
async function read(work: (tx: Tx) => Promise<unknown>): Promise<number> {
  const { result } = await stand.write(world.tenant, async (tx) => {
    await work(tx)
    const [rows] = await tx<{ read: number }[]>`select sum(seq_tup_read + idx_tup_fetch)::integer as read
      from pg_stat_xact_user_tables where schemaname = 'vouchsafe' and relname in ('identities', 'subjects')`
    return rows?.read ?? 0
  })
  return result
}

const some = Array.from({ length: asked }, (_, n) => n * 7)

test('an import that goes on reads those who are named and nobody else, while statistics lag behind', async () => {
  const lines = some.map((n, line) => ({ line, holder: { iss: world.iss, sub: nameOf(n) }, rights: [] }))
  const rows = await read(async (tx) => {
    const placed = await placeHolders(tx, world.tenant, lines, () => undefined)
    expect(placed.map(({ subject_id }) => subject_id)).toEqual(some.map((n) => ids[n]))
  })
  // An identity, its subject, and that subject once more to be locked.
  expect(rows).toBeLessThan(5 * asked)
})

test('a list of many holders is read by their keys as well, by identity or by id', async () => {
  const refs = some.flatMap((n) => [
    { identity: { issuer: world.iss, subject: nameOf(n) } },
    { subject: `sub_${ids[n]}` },
  ])
  const rows = await read(async (tx) => {
    const found = await findHolders(tx, world.tenant, refs)
    expect(found.map((holder) => holder?.subject_id)).toEqual(some.flatMap((n) => [ids[n], ids[n]]))
  })
  expect(rows).toBeLessThan(5 * asked)
})

test('that what rights refer to is there is looked up by key, too', async () => {
  const holders = some.map((n) => ids[n] ?? '')
  const rows = await read(async (tx) => {
    const all = (value: string) => holders.map(() => value)
    await tx`select vouchsafe.import_rights(${holders.map(() => newId())}::uuid[], ${holders}::uuid[], '{}', ${holders.map((_, n) => n + 1)}::integer[],
      ${[world.entitlements[0] ?? '']}::uuid[], '{}', '{}', ${all('1')}::integer[], '{}', '{full}', '{}', '{backfill}', '{file}', '{import}',
      ${all('0')}::bigint[], '{}', now(), true)`
  })
  // Twice: they are said to be new, and were there.
  expect(rows).toBeLessThan(6 * asked)
})
