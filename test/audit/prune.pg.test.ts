import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportChanges } from '#admin/export-changes.ts'
import { getChange } from '#admin/get-change.ts'
import { listChanges } from '#admin/list-changes.ts'
import { type PruneOptions, pruneAudit } from '#main/prune-audit.ts'
import { compareRows } from '#postgres/compare-rows.ts'
import { type ExportedHead, readHeads } from '#postgres/heads.ts'
import type { Tx } from '#postgres/pool.ts'
import { pruneHistory } from '#postgres/prune-history.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { type Broken, walkChain } from '#postgres/verify-chain.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { PastImages } from '#snapshot/past-images.ts'
import { readPast } from '#snapshot/read-past.ts'
import { SeededHash } from '#snapshot/seeded-hash.ts'
import { openStand, type Stand } from '#test/snapshot/stand.ts'
import { doStep, makeWorld, step, type World } from '#test/snapshot/world.ts'

let stand: Stand
let world: World
let heads: readonly ExportedHead[]
let cut: number
let before: number
let was: readonly (readonly string[])[]
let effects: number
const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-prune-'))
const file = join(folder, 'history.ndjson')

const read = <T>(work: (tx: Tx) => Promise<T>) => readTenant(stand.sql, world.tenant, work)
const walk = (tx: Tx) => walkChain(tx, world.tenant, { heads })
const headsNow = () => readFeed(stand.sql, (tx) => readHeads(tx, Date.now(), world.tenant))
const options = (more: Partial<PruneOptions> = {}): PruneOptions => ({
  tenant: world.tenant,
  before,
  fileOf: () => file,
  heads,
  reason: 'retention',
  ...more,
})

async function write(seed: number, changes: number): Promise<readonly ExportedHead[]> {
  const all: ExportedHead[] = []
  for (const steps of fc.sample(fc.array(step, { minLength: 1, maxLength: 6 }), { numRuns: changes, seed })) {
    await stand.write(world.tenant, async (tx) => {
      for (const each of steps) await doStep(tx, world, each)
    })
    all.push(...(await headsNow()))
  }
  return all
}

/** All that an answer about the past is made of, for each person and a moment. */
async function pastAt(revision: number): Promise<readonly string[]> {
  return read(async (tx) => {
    const images = new PastImages(tx, world.tenant, revision)
    await images.catalogue()
    for (const id of world.subjects) await images.holder(id)
    for (const id of await images.organizations(images.memberships())) await images.grantsOf(id)
    await images.pools()
    return images
      .effects()
      .map(({ table_name, key, after }) => `${table_name} ${key} ${after}`)
      .sort()
  })
}

async function counted(): Promise<{ changes: number; effects: number }> {
  const [row] = await readFeed(
    stand.sql,
    (tx) => tx<{ changes: number; effects: number }[]>`
      select (select count(*) from vouchsafe.change where tenant_id = ${world.tenant})::integer as changes,
        (select count(*) from vouchsafe.effect where tenant_id = ${world.tenant})::integer as effects`,
  )
  return row ?? { changes: 0, effects: 0 }
}

beforeAll(async () => {
  stand = await openStand()
  world = await makeWorld(stand, 'pruned')
  const older = await write(7, 40)
  cut = older.at(-1)?.revision ?? 0
  await new Promise((resolve) => setTimeout(resolve, 5))
  before = Date.now()
  heads = [...older, ...(await write(8, 20))]
  const last = heads.at(-1)?.revision ?? 0
  was = await Promise.all(Array.from({ length: last - cut + 1 }, (_, n) => pastAt(cut + n)))
  effects = (
    await read(
      (tx) => tx`select from vouchsafe.effect e join vouchsafe.change c using (tenant_id, epoch, xid)
    where c.revision <= ${cut}`,
    )
  ).length
}, 60_000)
afterAll(async () => {
  await stand?.drop()
  rmSync(folder, { recursive: true })
})

describe('what must not be pruned', () => {
  test('history that was not exported in full, or by whom the servers run as', async () => {
    const there = await counted()
    const pruning = {
      tenant: world.tenant,
      revision: cut,
      file: 'x',
      bytes: 1,
      sha256: Buffer.alloc(32),
      reason: '',
    }
    for (const wrong of [effects - 1, effects + 1, 0]) {
      const pruned = pruneHistory(stand.sql, { ...pruning, effects: wrong })
      await expect(pruned).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' })
    }
    const tomorrow = pruneHistory(stand.sql, { ...pruning, effects, revision: cut + 1000 })
    await expect(tomorrow).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' })
    const scope = { tenant: world.tenant, actor: 'test', action: 'Test' }
    const byServers = withTenant(
      stand.sql,
      scope,
      (tx) => tx`select vouchsafe.prune_history(${cut}, ${effects}, 'x', 1, ${Buffer.alloc(32)})`,
    )
    await expect(byServers).rejects.toMatchObject({ code: '42501' })
    expect(await counted()).toEqual(there)
  })

  test('S003-36 anything by hand: the owner deletes no history, neither when erasing nor saying nothing', async () => {
    const there = await counted()
    for (const said of ['', 'erase']) {
      for (const table of ['effect', 'change']) {
        const deleted = stand.sql.begin(async (tx) => {
          await tx`select set_config('role', 'vouchsafe_owner', true), set_config('app.tenant_id', ${world.tenant}, true),
            set_config('app.history', ${said}, true)`
          await tx`delete from vouchsafe.${tx(table)}`
        })
        await expect(deleted).rejects.toMatchObject({ code: 'VS005' })
      }
    }
    expect(await counted()).toEqual(there)
  })

  test('history that does not hold, which that would hide; or to a file that is there', async () => {
    const [head] = heads
    const forged = heads.map((each) => (each === head ? { ...each, chain: '00' } : each))
    const broken = pruneAudit(stand.sql, options({ heads: forged }))
    await expect(broken).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' })
    expect(existsSync(file)).toBe(false)
    const taken = join(folder, 'taken')
    writeFileSync(taken, 'mine')
    const there = await counted()
    const onto = pruneAudit(stand.sql, options({ fileOf: () => taken }))
    await expect(onto).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    expect(readFileSync(taken, 'utf8')).toBe('mine')
    expect(await counted()).toEqual(there)
  })
})

describe('S003-36 history is pruned behind a checkpoint', () => {
  test('what went is in the export, as its checkpoint says', async () => {
    const there = await counted()
    const done = await pruneAudit(stand.sql, options())
    const lines = readFileSync(file)
    expect(done).toMatchObject({
      revision: cut,
      effects,
      file,
      export_name: 'history.ndjson',
      export_bytes: lines.length,
    })
    expect(done?.export_sha256).toEqual(createHash('sha256').update(lines).digest())
    const exported = lines
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(exported).toHaveLength(effects)
    expect(new Set(exported.map(({ revision }) => revision))).toEqual(
      new Set(Array.from({ length: cut }, (_, n) => n + 1)),
    )
    const left = await counted()
    expect(done?.pruned).toBe(there.effects + 1 - left.effects)
    expect(left.changes).toBeLessThan(there.changes)
    expect(await pruneAudit(stand.sql, options({ fileOf: () => join(folder, 'again') }))).toBeUndefined()
  })

  test('the chain goes on from there, heads from before it included; the tables are as history left them', async () => {
    const verified = await readFeed(stand.sql, walk)
    expect(verified.broken).toBeUndefined()
    expect(verified.pruned).toBe(cut)
    expect(await readFeed(stand.sql, (tx) => compareRows(tx, world.tenant))).toBeUndefined()
  })

  test('every moment from the cut on is as it was; one before it names the checkpoint', async () => {
    for (const [n, images] of was.entries()) expect(await pastAt(cut + n)).toEqual(images)
    const principal = { id: `sub_${world.subjects[0]}` }
    const needs = { sql: stand.sql, hash: new SeededHash(new Uint32Array([1, 2])), onPoison: () => undefined }
    const at = (revision: number) =>
      readPast(needs, world.tenant, { kind: 'number', revision }, { principal })
    expect((await at(cut)).view.revision).toBe(cut)
    const error = {
      code: 'FAILED_PRECONDITION',
      metadata: { checkpoint: String(cut), export: 'history.ndjson' },
    }
    for (const revision of [1, cut - 1]) await expect(at(revision)).rejects.toMatchObject(error)
    const long = readPast(needs, world.tenant, { kind: 'time', ms: 0 }, { principal })
    await expect(long).rejects.toMatchObject(error)
    const now = await readPast(needs, world.tenant, { kind: 'time', ms: before }, { principal })
    expect(now.view.revision).toBe(cut)
    await expect(at(1_000_000)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('the audit begins after it, and the pruning itself is a change', async () => {
    const scope = { tenant: world.tenant, pageTokens: undefined as never }
    const step = await read((tx) =>
      exportChanges(tx, scope, { format: 'ndjson', after: { revision: 1, ordinal: 0 }, to: 0 }),
    )
    expect(JSON.parse(step.lines.split('\n')[0] ?? '')).toMatchObject({ revision: cut + 1, ordinal: 1 })
    const pageTokens = { read: () => undefined, write: () => '' } as never
    const context = { tenant: world.tenant, pageTokens } as never
    const { items } = await read((tx) => listChanges(tx, context, { page_size: 1000 }))
    expect(items[0]).toMatchObject({ action: 'PruneHistory', reason: 'retention', tables: ['checkpoints'] })
    expect(items.at(-1)).toMatchObject({ revision: cut + 1 })
    const gone = read((tx) => getChange(tx, context, { number: cut }))
    await expect(gone).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      metadata: { checkpoint: String(cut) },
    })
  })
})

describe('what was done to a checkpoint, or to what it kept, is found', () => {
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
  const checkpoint = () => ({ revision: cut, fault: 'checkpoint' })
  const kept = () => `(epoch, xid, ordinal) = (select e.epoch, e.xid, e.ordinal from vouchsafe.effect e
    join vouchsafe.change c using (tenant_id, epoch, xid) where e.tenant_id = :t and c.revision <= ${cut}
    order by c.revision, e.ordinal limit 1)`
  const image = `jsonb_set(coalesce(after, '{}'), '{forged}', 'true')`
  // As an attacker would who makes the digest fit, too.
  const fitting = () => `update vouchsafe.checkpoints set kept_digest = vouchsafe.kept_digest(:t, ${cut}),
    kept = (select count(*) from vouchsafe.effect join vouchsafe.change c using (tenant_id, epoch, xid)
      where tenant_id = :t and c.revision <= ${cut}) where tenant_id = :t`

  test('the checkpoint is edited, moved or removed', async () => {
    const columns = ['export_sha256', 'chain', 'kept_digest']
    for (const column of columns) {
      const edited = `update vouchsafe.checkpoints set ${column} = sha256(${column}) where tenant_id = :t`
      expect(await attacked(edited)).toMatchObject(checkpoint())
    }
    const moved = `update vouchsafe.checkpoints set revision = revision + 1 where tenant_id = :t`
    expect(await attacked(moved)).toMatchObject({ revision: cut + 1, fault: 'checkpoint' })
    const removed = await attacked('delete from vouchsafe.checkpoints where tenant_id = :t')
    expect(['gap', 'count']).toContain(removed?.fault)
  })

  test('a kept image is edited, removed, added or moved, with a digest that fits or not', async () => {
    const edits = [
      `update vouchsafe.effect set after = ${image} where tenant_id = :t and ${kept()}`,
      `update vouchsafe.effect set after = ${image}, hash = vouchsafe.effect_hash(salt, table_name, op, key, ${image})
        where tenant_id = :t and ${kept()}`,
      `delete from vouchsafe.effect where tenant_id = :t and ${kept()}`,
      `update vouchsafe.effect set ordinal = ordinal + 1000 where tenant_id = :t and ${kept()}`,
      `insert into vouchsafe.effect select tenant_id, epoch, xid, ordinal + 1000, table_name, op, key, after, salt, hash
        from vouchsafe.effect where tenant_id = :t and ${kept()}`,
    ]
    for (const edit of edits) {
      expect(await attacked(edit)).toMatchObject(checkpoint())
      expect(await attacked(edit, fitting())).toMatchObject(checkpoint())
    }
  })

  test('the header of a kept change is edited, or all of it removed', async () => {
    const first = `tenant_id = :t and revision = (select min(revision) from vouchsafe.change where tenant_id = :t)`
    for (const edit of [
      `actor = 'nobody'`,
      `at = at + interval '1 ms'`,
      'chain = sha256(chain)',
      'effects = effects + 1',
    ]) {
      expect(await attacked(`update vouchsafe.change set ${edit} where ${first}`)).toMatchObject(checkpoint())
    }
    const effectsOf = `tenant_id = :t and (epoch, xid) = (select epoch, xid from vouchsafe.change where ${first})`
    const all = [
      `delete from vouchsafe.effect where ${effectsOf}`,
      `delete from vouchsafe.change where ${first}`,
    ]
    expect(await attacked(...all)).toMatchObject(checkpoint())
    expect(await attacked(...all, fitting())).toMatchObject(checkpoint())
  })

  test('the change after it is removed, and a head that was kept of its own change tells another chain', async () => {
    const gone = `delete from vouchsafe.effect where tenant_id = :t and (epoch, xid) =
      (select epoch, xid from vouchsafe.change where tenant_id = :t and revision = ${cut + 1})`
    const change = `delete from vouchsafe.change where tenant_id = :t and revision = ${cut + 1}`
    expect(await attacked(gone, change)).toMatchObject({ revision: cut + 1, fault: 'gap' })
    const forged = heads.map((head) => (head.revision === cut ? { ...head, chain: '00' } : head))
    const { broken } = await readFeed(stand.sql, (tx) => walkChain(tx, world.tenant, { heads: forged }))
    expect(broken).toMatchObject({ revision: cut, fault: 'replaced' })
  })
})

test('S003-13 a person is erased out of what was kept, more is pruned, and it holds', async () => {
  const [subject = ''] = world.subjects
  await stand.write(world.tenant, (tx) => tx`select vouchsafe.erase_subject(${subject})`)
  const erased = await readFeed(stand.sql, walk)
  expect(erased.broken).toBeUndefined()
  expect(erased.erased).toBeGreaterThan(0)
  const head = (await headsNow())[0]?.revision ?? 0
  const then = await pastAt(head)
  const second = join(folder, 'second.ndjson')
  const done = await pruneAudit(stand.sql, options({ before: Date.now() + 1000, fileOf: () => second }))
  expect(done).toMatchObject({ revision: head })
  const [first] = readFileSync(second, 'utf8').split('\n')
  expect(JSON.parse(first ?? '')).toMatchObject({ revision: cut + 1, ordinal: 1 })
  const verified = await readFeed(stand.sql, walk)
  expect(verified).toMatchObject({ pruned: head, changes: 1 })
  expect(verified.broken).toBeUndefined()
  expect(await readFeed(stand.sql, (tx) => compareRows(tx, world.tenant))).toBeUndefined()
  expect(await pastAt(head)).toEqual(then)
})
