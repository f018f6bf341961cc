import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eraseSubject } from '#admin/erase-subject.ts'
import { type EffectRow, effectHash } from '#postgres/chain.ts'
import { compareRows } from '#postgres/compare-rows.ts'
import { PackLines } from '#postgres/pack-lines.ts'
import { PackProof } from '#postgres/pack-proof.ts'
import type { Tx } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { enterTenant } from '#postgres/tenant-scope.ts'
import { newId } from '#postgres/uuid.ts'
import { walkChain } from '#postgres/verify-chain.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { openStand, type Stand } from '#test/snapshot/stand.ts'
import { makeWorld, type World } from '#test/snapshot/world.ts'

let stand: Stand
let world: World
beforeAll(async () => {
  stand = await openStand()
  world = await makeWorld(stand, 'said')
})
afterAll(() => stand?.drop())

const holds = () =>
  readFeed(stand.sql, async (tx) => {
    const { broken } = await walkChain(tx, world.tenant)
    return broken ?? (await compareRows(tx, world.tenant))
  })

type Right = {
  readonly source_ref: string
  readonly reason: string
  readonly starts_at: string
  readonly metadata?: object
}

/** Gives a right to each of so many new people: the pack of the rights. */
async function give(count: number, right: (n: number) => Right) {
  const people = Array.from({ length: count }, () => newId())
  const { revision } = await stand.write(world.tenant, async (tx) => {
    await tx`insert into vouchsafe.subjects (tenant_id, id) select ${world.tenant}, unnest(${people}::uuid[])`
    const rows = people.map((id, n) => ({ id: newId(), subject_id: id, metadata: {}, ...right(n) }))
    await tx`insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, source_ref, reason, starts_at, metadata)
      select ${world.tenant}, r.id, r.subject_id, ${world.entitlements[0] ?? ''}, 'backfill', r.source_ref, r.reason, r.starts_at, r.metadata
      from jsonb_to_recordset(${tx.json(rows as never)}) r (id uuid, subject_id uuid, source_ref text, reason text, starts_at timestamptz, metadata jsonb)`
  })
  return { people, revision: revision.revision }
}

async function packOf(revision: number) {
  const [pack] = await readFeed(
    stand.sql,
    (tx) => tx<{ said: Record<string, unknown>; images: string }[]>`
      select p.blank::jsonb as said, p.images from vouchsafe.effect_pack p join vouchsafe.change c using (tenant_id, epoch, xid)
      where tenant_id = ${world.tenant} and c.revision = ${revision} and p.table_name = 'grants'`,
  )
  return pack ?? { said: {}, images: '' }
}

const start = '2026-01-01T00:00:00+00:00'
const other = '2027-01-01T00:00:00+00:00'

test('what most rows say is said once, of a text what all say; a row says what differs, and a null too', async () => {
  const { revision, people } = await give(120, (n) => ({
    source_ref: n === 100 ? 'another' : 'file',
    reason: 'same',
    starts_at: n % 3 === 2 ? other : start,
  }))
  const { said, images } = await packOf(revision)
  expect(said).toMatchObject({
    tenant_id: world.tenant,
    source: 'backfill',
    starts_at: start,
    metadata: {},
    ends_at: null,
  })
  expect(said).toMatchObject({ source_ref: null, id: null, subject_id: null })
  const lines = images.split('\n').map((line) => Object.keys(JSON.parse(line)).sort())
  expect(lines[0]).toEqual(['id', 'reason', 'source_ref', 'subject_id'])
  expect(lines[2]).toEqual(['id', 'reason', 'source_ref', 'starts_at', 'subject_id'])
  expect(await holds()).toBeUndefined()
  const [row] = await readFeed(
    stand.sql,
    (tx) => tx<
      { equal: boolean }[]
    >`select bool_and(e.after = to_jsonb(g) and e.key = jsonb_build_object('tenant_id', g.tenant_id, 'id', g.id)) as equal
      from vouchsafe.grants g cross join lateral vouchsafe.effects_about(g.tenant_id, g.subject_id) e
      where g.tenant_id = ${world.tenant} and g.subject_id = any (${people}::uuid[]) and e.table_name = 'grants'`,
  )
  expect(row?.equal).toBe(true)
})

test('a row that is null where most rows are not says so', async () => {
  const people = Array.from({ length: 110 }, () => newId())
  await stand.write(world.tenant, async (tx) => {
    await tx`insert into vouchsafe.subjects (tenant_id, id) select ${world.tenant}, unnest(${people}::uuid[])`
    await tx`insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, starts_at, ends_at, value)
      select ${world.tenant}, gen_random_uuid(), p, ${world.entitlements[0] ?? ''}, 'backfill', now(), case when n <> 50 then '2099-01-01'::timestamptz end,
        case n when 1 then 'null' when 2 then '1.0' else '1' end::jsonb
      from unnest(${people}::uuid[]) with ordinality p (p, n)`
  })
  expect(await holds()).toBeUndefined()
})

test('S003-13 what may be about one person is never said once, so it goes with the person', async () => {
  const { revision, people } = await give(100, () => ({
    source_ref: 'f',
    reason: 'hardship',
    starts_at: start,
    metadata: { note: 'ill' },
  }))
  expect((await packOf(revision)).said).toMatchObject({
    reason: null,
    metadata: null,
    value: null,
    subject_id: null,
  })
  await erase(people[0] ?? '')
  const [line = ''] = (await packOf(revision)).images.split('\n')
  expect(Object.keys(JSON.parse(line))).toEqual(['id', 'tenant_id'])
  expect(await holds()).toBeUndefined()
})

async function erase(id: string) {
  const scope = { tenant: world.tenant, actor: 'test', now: Date.now() } as never
  const { result } = await withTenant(
    stand.sql,
    { tenant: world.tenant, actor: 'test', action: 'EraseSubject' },
    (tx) => eraseSubject(tx, scope, { subject: `sub_${id}` }),
  )
  return result
}

test('S003-13 S002-45 a name that all rows of a pack say is erased with all of them, and out of what is said once', async () => {
  const id = newId()
  const sub = 'mallory-said-once'
  await stand.write(world.tenant, async (tx) => {
    await tx`insert into vouchsafe.subjects (tenant_id, id) values (${world.tenant}, ${id})`
    await tx`insert into vouchsafe.identities (tenant_id, iss, sub, subject_id) values (${world.tenant}, ${world.iss}, ${sub}, ${id})`
  })
  const named = await give(120, () => ({ source_ref: `order of ${sub}`, reason: 'r', starts_at: start }))
  const partly = await give(120, (n) => ({
    source_ref: n === 0 ? sub : 'file',
    reason: 'r',
    starts_at: start,
  }))
  expect((await packOf(named.revision)).said.source_ref).toContain(sub)
  await erase(id)
  const said = await readFeed(
    stand.sql,
    (tx) =>
      tx`select from vouchsafe.effect_pack where tenant_id = ${world.tenant} and strpos(blank || images, ${sub}) > 0`,
  )
  expect(said).toHaveLength(0)
  expect((await packOf(named.revision)).said).toEqual({})
  expect((await packOf(partly.revision)).said).toMatchObject({ source: 'backfill' })
  expect(await holds()).toBeUndefined()
})

test('packs as they were before, which say once what is null in all rows, are read and prove themselves', async () => {
  const file = join(import.meta.dirname, '../../src/postgres/migrations/0021_packed_history.sql')
  const before =
    /create or replace function record_effects[\s\S]*?\nend \$\$;/.exec(readFileSync(file, 'utf8'))?.[0] ?? ''
  const undo = new Error('undo')
  const people = Array.from({ length: 150 }, () => newId())
  const work = stand.sql.begin(async (tx) => {
    await tx`set local role vouchsafe_owner`
    await tx`set local search_path = vouchsafe, pg_catalog`
    await tx.unsafe(before)
    await enterTenant(tx as unknown as Tx, world.tenant)
    await tx`insert into vouchsafe.subjects (tenant_id, id) select ${world.tenant}, unnest(${people}::uuid[])`
    await tx`select vouchsafe.seal('test', 'Test', null, null)`
    await tx`reset role`
    const [pack] = await tx`select blank from vouchsafe.effect_pack order by xid desc limit 1`
    expect(pack?.blank).toBe('{"deleted_at": null, "tokens_not_before": null}')
    expect((await walkChain(tx as unknown as Tx, world.tenant)).broken).toBeUndefined()
    expect(await compareRows(tx as unknown as Tx, world.tenant)).toBeUndefined()
    throw undo
  })
  await expect(work).rejects.toBe(undo)
})

test('a row of a pack proves itself as it was hashed, by what was null in all or by the hash of what most say', () => {
  const [salt, others] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)]
  const line = '{"id":"ü"}'
  const row = { table_name: 'subjects', op: 'insert', salt, after: line, hash: salt } satisfies Omit<
    EffectRow,
    'key'
  >
  const key = '{"deleted_at": null}'
  const hashes = Buffer.concat([Buffer.alloc(32), effectHash({ ...row, key })])
  const hexHashes = Buffer.from(hashes.toString('hex'))
  const proves = new PackProof({ ...row, key, salts: Buffer.concat([others, salt]), hexHashes })
  const held = (text: string) => {
    const found: boolean[] = []
    for (const lines = new PackLines(Buffer.from(text)); lines.next(); ) found.push(proves.holds(lines))
    return found
  }
  expect(held(`${line}\n${line}`)).toEqual([false, true])
  expect(held(`\n${line}\n`)).toEqual([true])
  expect(held(`\n${line} \n${line}`)).toEqual([false, false])
  expect([0, 1].map((n) => proves.isErased(n))).toEqual([false, false])
})

test('V38 a pack whose salts or hashes were cut is edited, not erased', () => {
  const salt = Buffer.alloc(16, 1)
  const row = { table_name: 'subjects', op: 'insert', salt, after: '{"id":"1"}', key: '{}', hash: salt }
  const hexHashes = Buffer.from(Buffer.from(effectHash(row)).toString('hex'))
  const lines = new PackLines(Buffer.from('{"id":"1"}'))
  lines.next()
  for (const [salts, hashes] of [
    [salt.subarray(1), hexHashes],
    [salt, hexHashes.subarray(1)],
    [Buffer.alloc(0), hexHashes],
    [Buffer.alloc(15), hexHashes],
  ] as const) {
    const proof = new PackProof({ ...row, salts, hexHashes: hashes })
    expect([proof.isErased(0), proof.holds(lines)]).toEqual([false, false])
  }
})

test('what the first rows do not say is recorded where a later one says it', async () => {
  const { people } = await give(120, () => ({ source_ref: 'file', reason: '', starts_at: start }))
  await stand.write(world.tenant, async (tx) => {
    const rows = people.map((id, n) => ({
      id: newId(),
      subject_id: id,
      value: n === 50 ? { a: '\\"' } : null,
      ends_at: n === 60 ? other : null,
      granted_by: n === 70 ? 'b\\c"d' : null,
      cost: n === 80 ? 12 : null,
    }))
    await tx`insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, source_ref, starts_at, value, ends_at, granted_by, cost_microcents)
      select ${world.tenant}, r.id, r.subject_id, ${world.entitlements[0] ?? ''}, 'backfill', 'later', ${start}, r.value, r.ends_at, r.granted_by, r.cost
      from jsonb_to_recordset(${tx.json(rows as never)}) r (id uuid, subject_id uuid, value jsonb, ends_at timestamptz, granted_by text, cost bigint)`
  })
  const [found] = await readFeed(
    stand.sql,
    (
      tx,
    ) => tx`select count(*)::integer as rows, count(e.after -> 'value' -> 'a')::integer as values, bool_and(e.after = to_jsonb(g)) as equal
      from vouchsafe.grants g cross join lateral vouchsafe.effects_about(g.tenant_id, g.subject_id) e
      where g.tenant_id = ${world.tenant} and g.source_ref = 'later' and e.key ->> 'id' = g.id::text`,
  )
  expect(found).toEqual({ rows: 120, values: 1, equal: true })
  expect(await holds()).toBeUndefined()
})

test('facts and variants, all of whose columns are said, are recorded in packs as well', async () => {
  const { people } = await give(120, () => ({ source_ref: 'facts', reason: '', starts_at: start }))
  await stand.write(world.tenant, async (tx) => {
    await tx`insert into vouchsafe.facts (tenant_id, subject_id, key, value) select ${world.tenant}, unnest(${people}::uuid[]), 'plan.size', '{"a": [1]}'`
    await tx`insert into vouchsafe.experiment_assignments (tenant_id, subject_id, experiment, variant)
      select ${world.tenant}, unnest(${people}::uuid[]), 'onboarding', 'b'`
  })
  const [found] = await readFeed(
    stand.sql,
    (tx) => tx`
      select count(*)::integer as rows, bool_and(e.after = r.row) as equal from (
        select tenant_id, subject_id, 'facts' as table_name, to_jsonb(f) as row from vouchsafe.facts f
        union all
        select tenant_id, subject_id, 'experiment_assignments', to_jsonb(x) from vouchsafe.experiment_assignments x
      ) r cross join lateral vouchsafe.packed_about(r.tenant_id, r.subject_id) e
      where r.subject_id = any (${people}::uuid[]) and e.table_name = r.table_name`,
  )
  expect(found).toEqual({ rows: 240, equal: true })
  expect(await holds()).toBeUndefined()
})
