import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { platformTenant } from '#core/platform.ts'
import { compareRows } from '#postgres/compare-rows.ts'
import { type ExportedHead, readHeads } from '#postgres/heads.ts'
import type { Tx } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { type Broken, walkChain } from '#postgres/verify-chain.ts'
import { openStand, type Stand } from '#test/snapshot/stand.ts'
import { doStep, makeWorld, step, type World } from '#test/snapshot/world.ts'

let stand: Stand
let world: World
let heads: readonly ExportedHead[]
let last: number
beforeAll(async () => {
  stand = await openStand()
  world = await makeWorld(stand, 'history')
  const histories = fc.sample(fc.array(step, { minLength: 1, maxLength: 6 }), { numRuns: 60, seed: 7 })
  for (const steps of histories) {
    await stand.write(world.tenant, async (tx) => {
      for (const each of steps) await doStep(tx, world, each)
    })
  }
  heads = await readFeed(stand.sql, (tx) => readHeads(tx, Date.now(), world.tenant))
  last = heads[0]?.revision ?? 0
})
afterAll(() => stand?.drop())

const walk = (tx: Tx) => walkChain(tx, world.tenant, { heads })

test('S001-5 F49 an untouched history of many random writes holds, to its kept head', async () => {
  const verified = await readFeed(stand.sql, walk)
  expect(verified).toMatchObject({ changes: last, erased: 0 })
  expect(verified.broken).toBeUndefined()
  expect(verified.effects).toBeGreaterThan(last)
})

/** What is found after an attack past triggers and row security, which is undone again. */
async function attacked(...statements: readonly string[]): Promise<Broken | undefined> {
  const undo = new Error('undo')
  let broken: Broken | undefined
  await stand.sql
    .begin(async (tx) => {
      await tx`set local session_replication_role = replica`
      for (const statement of statements) await tx.unsafe(statement.replaceAll(':t', `'${world.tenant}'`))
      broken = (await walk(tx)).broken
      throw undo
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error
    })
  return broken
}

const change = (n: number) => `tenant_id = :t and revision = ${n}`
const effectsOf = (n: number) =>
  `tenant_id = :t and xid = (select xid from vouchsafe.change where ${change(n)})`
const image = `jsonb_set(coalesce(after, '{}'), '{forged}', 'true')`

describe('S003-36 F49 whoever can do anything to the database is found and named', () => {
  test('an after-image is edited', async () => {
    const broken = await attacked(
      `update vouchsafe.effect set after = ${image} where ${effectsOf(9)} and ordinal = 1`,
    )
    expect(broken).toMatchObject({ revision: 9, fault: 'effect', ordinal: 1, table: expect.any(String) })
    expect(broken?.key).toContain(world.tenant)
  })

  test('an image is edited and its salt taken away, as if it had been erased', async () => {
    const forged = `update vouchsafe.effect set salt = null, after = ${image} where ${effectsOf(9)}`
    expect(await attacked(forged)).toMatchObject({ revision: 9, fault: 'effect' })
  })

  test.each(['actor', 'action', 'reason', 'cause'])('the %s is edited', async (column) => {
    const edit = `update vouchsafe.change set ${column} = 'mallory' where ${change(12)}`
    expect(await attacked(edit)).toMatchObject({ revision: 12, fault: 'header' })
  })

  test('who did it is edited and the salt of that taken away', async () => {
    const edit = `update vouchsafe.change set actor = 'mallory', header_salt = null where ${change(12)}`
    expect(await attacked(edit)).toMatchObject({ revision: 12, fault: 'header' })
  })

  test('the time is edited', async () => {
    const edit = `update vouchsafe.change set at = at - interval '1 day' where ${change(12)}`
    expect(await attacked(edit)).toMatchObject({ revision: 12, fault: 'chain' })
  })

  test('a salt is altered, of an effect and of a header', async () => {
    const salt = `'\\x00112233445566778899aabbccddeeff'`
    const effect = `update vouchsafe.effect set salt = ${salt} where ${effectsOf(20)} and ordinal = 1`
    expect(await attacked(effect)).toMatchObject({ revision: 20, fault: 'effect' })
    const header = `update vouchsafe.change set header_salt = ${salt} where ${change(20)}`
    expect(await attacked(header)).toMatchObject({ revision: 20, fault: 'header' })
  })

  test('an image is edited and its hash made to fit', async () => {
    const fit = `update vouchsafe.effect set after = ${image},
      hash = vouchsafe.effect_hash(salt, table_name, op, key, ${image}) where ${effectsOf(15)} and ordinal = 1`
    expect(await attacked(fit)).toMatchObject({ revision: 15, fault: 'digest' })
  })

  test('a change in the middle is deleted, alone or with its effects', async () => {
    const gone = `delete from vouchsafe.change where ${change(30)}`
    expect(await attacked(gone)).toMatchObject({ revision: 30, fault: 'gap' })
    const both = `delete from vouchsafe.effect where ${effectsOf(30)}`
    expect(await attacked(both, gone)).toMatchObject({ revision: 30, fault: 'gap' })
    const closed = [
      `update vouchsafe.change set revision = revision + 100000 where tenant_id = :t and revision > 30`,
      `update vouchsafe.change set revision = revision - 100001 where tenant_id = :t and revision > 30`,
    ]
    expect(await attacked(both, gone, ...closed)).toMatchObject({ revision: 30, fault: 'chain' })
  })

  test('an effect is deleted, or one is added', async () => {
    const removed = `delete from vouchsafe.effect where ${effectsOf(1)} and ordinal = 1`
    expect(await attacked(removed)).toMatchObject({ revision: 1, fault: 'count' })
    const copy = `insert into vouchsafe.effect select tenant_id, epoch, xid, ordinal + 1000, table_name, op, key, after, salt, hash
      from vouchsafe.effect where ${effectsOf(21)} limit 1`
    expect(await attacked(copy)).toMatchObject({ revision: 21, fault: 'count', ordinal: expect.any(Number) })
    const stray = `insert into vouchsafe.effect select tenant_id, epoch, '1'::xid8, ordinal, table_name, op, key, after, salt, hash
      from vouchsafe.effect where ${effectsOf(21)} limit 1`
    expect(await attacked(stray)).toMatchObject({ fault: 'stray' })
  })

  test('two changes are swapped', async () => {
    const [a, b] = [`${change(25)}`, `${change(26)}`]
    const swap = [
      `update vouchsafe.change set revision = 100025 where ${a}`,
      `update vouchsafe.change set revision = 25 where ${b}`,
      `update vouchsafe.change set revision = 26 where ${change(100_025)}`,
    ]
    expect(await attacked(...swap)).toMatchObject({ revision: 25, fault: 'chain' })
  })

  test('a change is added at the end', async () => {
    const added = `insert into vouchsafe.change select tenant_id, epoch, ${last + 1}, '2'::xid8, at, actor, action, reason, cause,
      header_salt, header_hash, 0, sha256(''), chain from vouchsafe.change where ${change(last)}`
    expect(await attacked(added)).toMatchObject({ revision: last + 1, fault: 'chain' })
  })

  const cut = [
    `delete from vouchsafe.effect where tenant_id = :t and xid in
      (select xid from vouchsafe.change where tenant_id = :t and revision > 40)`,
    `delete from vouchsafe.change where tenant_id = :t and revision > 40`,
  ]
  test('the tail is cut', async () => {
    expect(await attacked(...cut)).toMatchObject({
      revision: 41,
      fault: 'cut',
      detail: expect.stringContaining(`${last}`),
    })
  })

  test('the tail is cut and the head set back: only the head that was kept elsewhere tells', async () => {
    const back = `update vouchsafe.head set (revision, chain) =
      (select revision, chain from vouchsafe.change where ${change(40)}) where tenant_id = :t`
    expect(await attacked(...cut, back)).toMatchObject({ revision: 41, fault: 'cut' })
    const kept = heads
    heads = []
    expect(await attacked(...cut, back)).toBeUndefined()
    heads = kept
  })

  test('the head is moved or changed', async () => {
    expect(
      await attacked(`update vouchsafe.head set revision = revision + 1 where tenant_id = :t`),
    ).toMatchObject({
      revision: last + 1,
      fault: 'head',
    })
    expect(
      await attacked(`update vouchsafe.head set chain = sha256(chain) where tenant_id = :t`),
    ).toMatchObject({
      fault: 'head',
    })
    expect(await attacked(`delete from vouchsafe.head where tenant_id = :t`)).toMatchObject({ fault: 'head' })
  })

  test('all of history is written anew, consistently: the kept head tells', async () => {
    const other: ExportedHead = { ...(heads[0] as ExportedHead), revision: 33, chain: '00'.repeat(32) }
    const { broken } = await readFeed(stand.sql, (tx) => walkChain(tx, world.tenant, { heads: [other] }))
    expect(broken).toMatchObject({ revision: 33, fault: 'replaced' })
  })
})

describe('S003-36 a row that was written past its history is found by comparing the tables with it', () => {
  const rowsAfter = async (...statements: readonly string[]) => {
    const undo = new Error('undo')
    let broken: Broken | undefined
    await stand.sql
      .begin(async (tx) => {
        await tx`set local session_replication_role = replica`
        for (const statement of statements) await tx.unsafe(statement.replaceAll(':t', `'${world.tenant}'`))
        broken = await compareRows(tx, world.tenant)
        throw undo
      })
      .catch((error: unknown) => {
        if (error !== undo) throw error
      })
    return broken
  }

  test('untouched rows are as history left them', async () => {
    expect(await rowsAfter()).toBeUndefined()
    const platform = await readFeed(stand.sql, (tx) => compareRows(tx, platformTenant))
    expect(platform).toBeUndefined()
  })

  test.each([
    [
      'edited',
      `update vouchsafe.entitlements set name = 'forged' where tenant_id = :t and key = 'e2'`,
      'entitlements',
    ],
    ['removed', `delete from vouchsafe.modules where tenant_id = :t and key = 'm3'`, 'modules'],
    ['added', `insert into vouchsafe.modules (tenant_id, key) values (:t, 'forged')`, 'modules'],
  ])('one that was %s', async (how, statement, table) => {
    expect(await rowsAfter(statement)).toMatchObject({
      fault: 'row',
      table,
      detail: expect.stringContaining(how),
    })
  })
})
