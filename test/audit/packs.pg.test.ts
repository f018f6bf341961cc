import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eraseSubject } from '#admin/erase-subject.ts'
import { getChange } from '#admin/get-change.ts'
import { importSlice } from '#admin/import/import-slice.ts'
import { listChanges } from '#admin/list-changes.ts'
import { pruneAudit } from '#main/prune-audit.ts'
import { compareRows } from '#postgres/compare-rows.ts'
import { effectsOf } from '#postgres/effects-of.ts'
import { readHeads } from '#postgres/heads.ts'
import type { Tx } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { newId } from '#postgres/uuid.ts'
import { type Broken, walkChain } from '#postgres/verify-chain.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { PastImages } from '#snapshot/past-images.ts'
import { openStand, type Stand } from '#test/snapshot/stand.ts'
import { makeWorld, type World } from '#test/snapshot/world.ts'

const people = 1200
const name = (n: number) => `person-${String(n).padStart(5, '0')}@example.test`

let stand: Stand
let world: World
/** Of the people, in the order of the file. */
let ids: readonly string[]
let imported: number

async function imports(tx: Tx, from: number, to: number): Promise<void> {
  const rights = [
    { kind: 'entitlement', target: 'e0', value: true },
    { kind: 'entitlement', target: 'e1', ends_at: Date.UTC(2099, 0) },
  ] as const
  const rows = Array.from({ length: to - from }, (_, at) => ({
    line: from + at + 1,
    holder: { iss: world.iss, sub: name(from + at) },
    rights: rights.map((right) => ({
      ...right,
      access: 'full' as const,
      source: 'backfill' as const,
      source_ref: 'file',
      reason: at === 7 ? `asked by ${name(from + 3)}` : 'import',
    })),
  }))
  const { added, rejected } = await importSlice(tx, world.tenant, rows, Date.UTC(2026, 0))
  expect({ added, rejected }).toEqual({ added: 2 * rows.length, rejected: [] })
}

beforeAll(async () => {
  stand = await openStand()
  world = await makeWorld(stand, 'packed')
  await stand.write(world.tenant, async (tx) => {
    await tx`insert into vouchsafe.issuers (tenant_id, id, iss, audiences, jwks_uri) values (${world.tenant}, ${newId()}, ${world.iss}, '{a}', ${world.iss})`
  })
  const { revision } = await stand.write(world.tenant, (tx) => imports(tx, 0, people))
  imported = revision.revision
  const rows = await read(
    (tx) => tx<{ subject_id: string }[]>`select subject_id from vouchsafe.identities order by sub`,
  )
  ids = rows.map(({ subject_id }) => subject_id)
}, 60_000)
afterAll(() => stand?.drop())

const read = <T>(work: (tx: Tx) => Promise<T>) => readTenant(stand.sql, world.tenant, work)
const holds = () =>
  readFeed(stand.sql, async (tx) => {
    const { broken } = await walkChain(tx, world.tenant)
    return broken ?? (await compareRows(tx, world.tenant))
  })

/** All rows of history about a person up to a revision, as they were left. */
async function pastOf(id: string, revision: number): Promise<readonly string[]> {
  return read(async (tx) => {
    const images = new PastImages(tx, world.tenant, revision)
    await images.holder(id)
    return images
      .effects()
      .map(({ table_name, after }) => `${table_name} ${after}`)
      .sort()
  })
}

/** The same of the tables now. */
async function rowsOf(id: string): Promise<readonly string[]> {
  const rows = await read(
    (tx) => tx<{ row: string }[]>`
      select 'grants ' || to_jsonb(g)::text as row from vouchsafe.grants g where subject_id = ${id}
      union all select 'subjects ' || to_jsonb(s)::text from vouchsafe.subjects s where id = ${id}`,
  )
  return rows.map(({ row }) => row).sort()
}

test('S003-40 what is inserted by the thousand is recorded in packs, and reads row by row as the rows themselves', async () => {
  const [counts] = await readFeed(
    stand.sql,
    (tx) => tx`select
      (select count(*)::integer from vouchsafe.effect_pack where tenant_id = ${world.tenant}) as packs,
      (select sum(cardinality(holders))::integer from vouchsafe.effect_pack where tenant_id = ${world.tenant}) as packed,
      (select count(*)::integer from vouchsafe.effects e join vouchsafe.grants g on e.key = jsonb_build_object('tenant_id', g.tenant_id, 'id', g.id)
        where e.tenant_id = ${world.tenant} and e.table_name = 'grants' and e.op = 'insert' and e.after = to_jsonb(g)) as equal`,
  )
  expect(counts).toEqual({ packs: 2 + 2 + 3, packed: 4 * people, equal: 2 * people })
  expect(await holds()).toBeUndefined()
  const verified = await readFeed(stand.sql, (tx) => walkChain(tx, world.tenant))
  expect(verified).toMatchObject({ effects: expect.any(Number), erased: 0 })
})

test('a few rows, and rows that are found otherwise, are recorded one by one', async () => {
  const { rows } = await withTenant(
    stand.sql,
    { tenant: world.tenant, actor: 'test', action: 'Test' },
    async (tx) => {
      const few = Array.from({ length: 99 }, () => newId())
      await tx`insert into vouchsafe.subjects (tenant_id, id) select ${world.tenant}, unnest(${few}::uuid[])`
      await tx`insert into vouchsafe.modules (tenant_id, key) select ${world.tenant}, 'packed-' || n from generate_series(1, 120) n`
      const [rows] = await tx`select
        (select count(*)::integer from vouchsafe.effect where xid = pg_current_xact_id()) as single,
        (select count(*)::integer from vouchsafe.effect_pack where xid = pg_current_xact_id()) as packs`
      return { rows, effects: await effectsOf(tx, world.tenant) }
    },
  ).then(({ result }) => result)
  expect(rows).toEqual({ single: 99 + 120, packs: 0 })
})

describe('S003-36 F49 whoever can do anything to the database is found and named, inside of a pack too', () => {
  async function attacked(...statements: readonly string[]): Promise<Broken | undefined> {
    const undo = new Error('undo')
    let broken: Broken | undefined
    await stand.sql
      .begin(async (tx) => {
        await tx`set local session_replication_role = replica`
        for (const statement of statements) {
          const done = await tx.unsafe(statement.replaceAll(':t', `'${world.tenant}'`))
          expect(done.count).toBeGreaterThan(0)
        }
        broken = (await walkChain(tx, world.tenant)).broken
        throw undo
      })
      .catch((error: unknown) => {
        if (error !== undo) throw error
      })
    return broken
  }
  const pack = `tenant_id = :t and table_name = 'grants' and ordinal = (select min(ordinal) from vouchsafe.effect_pack where tenant_id = :t and table_name = 'grants')`
  const lines = (edit: string) => `update vouchsafe.effect_pack p set images = (
    select string_agg(${edit}, E'\\n' order by n) from string_to_table(p.images, E'\\n') with ordinality l (line, n)) where ${pack}`
  const firstOfGrants = 2 * people + 1

  test('an image is edited', async () => {
    const edited = await attacked(
      lines(`case when n = 5 then replace(line, '"import"', '"none"') else line end`),
    )
    expect(edited).toMatchObject({
      revision: imported,
      fault: 'effect',
      table: 'grants',
      ordinal: firstOfGrants + 4,
    })
    expect(edited?.key).toMatch(/"id":"[0-9a-f-]{36}"/)
  })

  test('an image is edited and its salt taken away, as if it had been erased', async () => {
    const zero = `salts = overlay(salts placing '\\x00000000000000000000000000000000' from 65 for 16)`
    const edited = await attacked(`update vouchsafe.effect_pack set ${zero} where ${pack}`)
    expect(edited).toMatchObject({ revision: imported, fault: 'effect', ordinal: firstOfGrants + 4 })
  })

  test('what is null in all of them is edited', async () => {
    const blank = `update vouchsafe.effect_pack set blank = '{"revoked_at": null}' where ${pack}`
    expect(await attacked(blank)).toMatchObject({
      revision: imported,
      fault: 'effect',
      ordinal: firstOfGrants,
    })
  })

  test('what most of them say is edited, or says what each row is or whom it is about', async () => {
    const said = (more: string) =>
      `update vouchsafe.effect_pack set blank = cast(blank::jsonb || '${more}' as text) where ${pack}`
    const found = { revision: imported, fault: 'effect', ordinal: firstOfGrants }
    expect(await attacked(said('{"access": "read_only"}'))).toMatchObject(found)
    expect(await attacked(said(`{"subject_id": "${ids[0]}"}`))).toMatchObject(found)
    expect(await attacked(`update vouchsafe.effect_pack set blank = 'none' where ${pack}`)).toMatchObject(
      found,
    )
  })

  test('two rows are exchanged, with their salts and hashes or without', async () => {
    const swapped = lines(
      `case n when 1 then split_part(p.images, E'\\n', 2) when 2 then split_part(p.images, E'\\n', 1) else line end`,
    )
    expect(await attacked(swapped)).toMatchObject({ fault: 'effect', ordinal: firstOfGrants })
    const all = [
      swapped,
      `update vouchsafe.effect_pack set salts = substr(salts, 17, 16) || substr(salts, 1, 16) || substr(salts, 33),
        hashes = substr(hashes, 33, 32) || substr(hashes, 1, 32) || substr(hashes, 65),
        holders = array[holders[2], holders[1]] || holders[3:] where ${pack}`,
    ]
    expect(await attacked(...all)).toMatchObject({ revision: imported, fault: 'digest' })
  })

  test('a row is taken out, in its place or from the end; a pack is removed, or moved to no change', async () => {
    expect(await attacked(lines(`case when n = 5 then '' else line end`))).toMatchObject({
      fault: 'count',
      ordinal: firstOfGrants + 5,
    })
    const cut = `update vouchsafe.effect_pack set images = regexp_replace(images, '\\n[^\\n]*$', '') where ${pack}`
    expect(await attacked(cut)).toMatchObject({ revision: imported, fault: 'count' })
    expect(await attacked(`delete from vouchsafe.effect_pack where ${pack}`)).toMatchObject({
      fault: 'count',
    })
    const stray = `insert into vouchsafe.effect_pack select tenant_id, epoch, '1'::xid8, ordinal, table_name, blank, holders, first_holder,
      last_holder, salts, hashes, images from vouchsafe.effect_pack where ${pack}`
    expect(await attacked(stray)).toMatchObject({ fault: 'stray', table: 'grants' })
  })

  test('whom a row is about, or between whom they are, is edited: the person would not be found', async () => {
    const other = `update vouchsafe.effect_pack set holders[3] = holders[1] where ${pack}`
    expect(await attacked(other)).toMatchObject({
      revision: imported,
      fault: 'effect',
      ordinal: firstOfGrants + 2,
    })
    const bound = `update vouchsafe.effect_pack set last_holder = first_holder where ${pack}`
    expect(await attacked(bound)).toMatchObject({ revision: imported, fault: 'effect' })
  })

  test('an image becomes no row at all: the first is named, and nothing else breaks', async () => {
    const named = { revision: imported, fault: 'effect', table: 'grants', ordinal: firstOfGrants + 4 }
    const noRow = ['nobody', 'null', '{"id":']
    const noSalt = `update vouchsafe.effect_pack set
      salts = overlay(salts placing '\\x00000000000000000000000000000000' from 65 for 16) where ${pack}`
    for (const text of noRow) {
      const edit = lines(`case when n = 5 then '${text}' else line end`)
      expect(await attacked(edit)).toMatchObject(named)
      expect(await attacked(edit, noSalt)).toMatchObject(named)
    }
    const cut = `update vouchsafe.effect_pack set images = left(images, position(E'\\n' in images) + 20) where ${pack}`
    expect(await attacked(cut)).toMatchObject({ ...named, ordinal: firstOfGrants + 1 })
  })

  test('a pack is put elsewhere in its change, over others too: the audit would skip its rows', async () => {
    for (const place of ['ordinal + 100000', 'ordinal + 900', '2147483647']) {
      const moved = `update vouchsafe.effect_pack set ordinal = ${place} where ${pack.replaceAll('min(', 'max(')}`
      expect(await attacked(moved)).toMatchObject({ revision: imported, fault: 'count', table: 'grants' })
    }
  })

  test('the people of a pack are numbered otherwise, or are not one for each row', async () => {
    const shifted = `('[0:' || cardinality(holders) - 1 || ']=' || cast(holders as text))::uuid[]`
    for (const holders of [shifted, 'array[holders]', `'{}'`, 'holders || holders[1]']) {
      const edited = `update vouchsafe.effect_pack set holders = ${holders} where ${pack}`
      expect(await attacked(edited)).toMatchObject({ fault: 'effect', ordinal: firstOfGrants })
    }
    const longer = `update vouchsafe.effect_pack set hashes = hashes || '\\x00' where ${pack}`
    expect(await attacked(longer)).toMatchObject({ fault: 'effect', ordinal: firstOfGrants })
  })

  test('a single effect is hidden in a pack', async () => {
    const single = `tenant_id = :t and table_name = 'issuers'`
    const copied = `insert into vouchsafe.effect_pack select tenant_id, epoch, xid, ordinal, table_name, cast(key as text), array[id], id, id,
      salt, hash, cast(after as text) from (select *, (after ->> 'id')::uuid as id from vouchsafe.effect) e where ${single}`
    const removed = `delete from vouchsafe.effect where ${single}`
    expect(await attacked(copied, removed)).toMatchObject({ fault: 'effect', table: 'issuers' })
  })

  test('the mark of a name is edited or gone: history would not know whose it was', async () => {
    const names = `tenant_id = :t and table_name = 'identities' and ordinal = ${people + 1}`
    const marks = [
      `overlay(marks placing '\\x00000000' from 9 for 4)`,
      `substr(marks, 1, 8) || substr(marks, 13)`,
      'null',
    ]
    for (const [at, mark] of marks.entries()) {
      const edited = `update vouchsafe.effect_pack set marks = ${mark} where ${names}`
      const found = await attacked(edited)
      expect(found).toMatchObject({ revision: imported, fault: 'effect', table: 'identities' })
      expect(found?.ordinal).toBe(people + (at === 2 ? 1 : 3))
      expect(JSON.parse(found?.key ?? '{}')).toMatchObject({ iss: world.iss, sub: expect.any(String) })
    }
    const said = `update vouchsafe.effect_pack set blank = cast(blank::jsonb || '{"sub": "x"}' as text) where ${names}`
    expect(await attacked(said)).toMatchObject({ fault: 'effect', table: 'identities', ordinal: people + 1 })
  })

  test('the owner edits nothing by hand, and the servers’ role adds nothing', async () => {
    const byOwner = stand.sql.begin(async (tx) => {
      await tx`select set_config('role', 'vouchsafe_owner', true), set_config('app.tenant_id', ${world.tenant}, true)`
      await tx`update vouchsafe.effect_pack set images = ''`
    })
    await expect(byOwner).rejects.toMatchObject({ code: 'VS005' })
    const byServer = stand.write(world.tenant, (tx) => tx`delete from vouchsafe.effect_pack`)
    await expect(byServer).rejects.toMatchObject({ code: '42501' })
  })
})

test('a row that was written past its history is found, one whose column was null in all of them too', async () => {
  const undo = new Error('undo')
  let broken: Broken | undefined
  await stand.sql
    .begin(async (tx) => {
      await tx`set local session_replication_role = replica`
      await tx`update vouchsafe.grants set revoked_at = now() where tenant_id = ${world.tenant} and subject_id = ${ids[9] ?? ''}`
      broken = await compareRows(tx, world.tenant)
      throw undo
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error
    })
  expect(broken).toMatchObject({ revision: imported, fault: 'row', table: 'grants' })
})

test('S003-13 the past of somebody who was imported, before and after a change; the audit shows what it was before', async () => {
  const id = ids[100] ?? ''
  const was = await rowsOf(id)
  expect(was).toHaveLength(3)
  expect(await pastOf(id, imported)).toEqual(was)
  expect(await pastOf(id, imported - 1)).toEqual([])
  const { revision } = await stand.write(world.tenant, async (tx) => {
    await tx`update vouchsafe.grants set revoked_at = now() where tenant_id = ${world.tenant} and subject_id = ${id}`
  })
  expect(await pastOf(id, imported)).toEqual(was)
  expect(await pastOf(id, revision.revision)).toEqual(await rowsOf(id))
  const scope = { tenant: world.tenant, pageTokens: { open: () => undefined, seal: () => '' } } as never
  const { effects } = await read((tx) => getChange(tx, scope, { number: revision.revision }))
  expect(effects.map(({ changed, before }) => ({ changed, revoked: before?.revoked_at }))).toEqual([
    { changed: ['revoked_at'], revoked: null },
    { changed: ['revoked_at'], revoked: null },
  ])
  const { items } = await read((tx) => listChanges(tx, scope, { subject: `sub_${id}` }))
  expect(items.map((change) => change.revision)).toEqual([revision.revision, imported])
  const [log] = await read(
    (
      tx,
    ) => tx`select before ->> 'source_ref' as ref, before -> 'revoked_at' as revoked from vouchsafe.core_entitlement_audit_log
      where revision = ${revision.revision} limit 1`,
  )
  expect(log).toEqual({ ref: 'file', revoked: null })
})

test('S003-13 whose a name was is found in packs: while it is linked, after it was moved, and after it is gone', async () => {
  const [first = '', second = ''] = [ids[200], ids[201]]
  const sub = name(200)
  const at = (revision: number) =>
    read((tx) => new PastImages(tx, world.tenant, revision).identity(world.iss, sub))
  const change = (work: (tx: Tx) => Promise<unknown>) => stand.write(world.tenant, work)
  const row = { tenant_id: world.tenant, iss: world.iss, sub }
  expect([await at(imported - 1), await at(imported)]).toEqual([undefined, first])
  const moved = await change(
    (tx) =>
      tx`update vouchsafe.identities set subject_id = ${second} where tenant_id = ${world.tenant} and sub = ${sub}`,
  )
  const gone = await change(
    (tx) => tx`delete from vouchsafe.identities where tenant_id = ${world.tenant} and sub = ${sub}`,
  )
  const revisions = [imported, moved.revision.revision, gone.revision.revision]
  expect(await Promise.all(revisions.map(at))).toEqual([first, second, undefined])
  const scope = { tenant: world.tenant, pageTokens: { open: () => undefined, seal: () => '' } } as never
  const { effects } = await read((tx) => getChange(tx, scope, { number: moved.revision.revision }))
  expect(effects).toMatchObject([
    { table: 'identities', changed: ['subject_id'], before: { ...row, subject_id: first } },
  ])
  const other = await read((tx) => new PastImages(tx, world.tenant, imported).identity('https://other', sub))
  expect(other).toBeUndefined()
  await change((tx) => tx`insert into vouchsafe.identities ${tx({ ...row, subject_id: first })}`)
})

test('a running server follows packs, and is where one is that loads everything', async () => {
  const server = await stand.start()
  const last = await stand.write(world.tenant, (tx) => imports(tx, 10_000, 10_300))
  await server.snapshot.wait(world.tenant, last.revision.revision, 10_000)
  expect(server.status().reloads).toEqual({})
  const fresh = await stand.start()
  for (const n of [10_000, 10_150, 10_299]) {
    const seen = [server, fresh].map(({ snapshot }) => {
      const view = snapshot.tenant(world.tenant)
      const id = view?.subjectOf(world.iss, name(n)) ?? ''
      return { id, subject: view?.subject(id), grants: view?.grants(id, () => true) }
    })
    expect(seen[0]?.grants).toHaveLength(2)
    expect(seen[0]).toEqual(seen[1])
  }
})

test('a server that follows is told of a line that is no row, and loads the tenant again', async () => {
  const server = await stand.startDeaf()
  const last = await stand.write(world.tenant, (tx) => imports(tx, 20_000, 20_100))
  const edit = (from: string, to: string) =>
    stand.tamper(
      (tx) => tx`update vouchsafe.effect_pack set images = replace(images, ${from}, ${to})
        where tenant_id = ${world.tenant} and table_name = 'grants' and epoch = ${last.revision.epoch}
          and xid = (select xid from vouchsafe.change where tenant_id = ${world.tenant} and revision = ${last.revision.revision})`,
    )
  await edit('{"id"', 'none"id"')
  await server.snapshot.refresh(10_000)
  await server.snapshot.wait(world.tenant, last.revision.revision, 10_000)
  expect(server.status().reloads).toEqual({ effect: 1 })
  await edit('none"id"', '{"id"')
})

test('a server that follows is told of a pack that was put beside a change of few rows', async () => {
  const server = await stand.startDeaf()
  const last = await stand.write(world.tenant, (tx) => imports(tx, 21_000, 21_001))
  const { epoch, revision } = last.revision
  const beside = `epoch = '${epoch}' and xid = (select xid from vouchsafe.change where tenant_id = '${world.tenant}' and revision = ${revision})`
  await stand.tamper((tx) =>
    tx.unsafe(`insert into vouchsafe.effect_pack
      select (jsonb_populate_record(p, jsonb_build_object('xid', c.xid, 'ordinal', 1000))).*
      from vouchsafe.effect_pack p, vouchsafe.change c where p.tenant_id = '${world.tenant}' and p.table_name = 'grants'
        and c.tenant_id = p.tenant_id and c.revision = ${revision} order by p.xid limit 1`),
  )
  await server.snapshot.refresh(10_000)
  await server.snapshot.wait(world.tenant, revision, 10_000)
  expect(server.status().reloads).toEqual({ count: 1 })
  await stand.tamper((tx) =>
    tx.unsafe(`delete from vouchsafe.effect_pack where tenant_id = '${world.tenant}' and ${beside}`),
  )
})

test('S003-13 S002-45 a person is erased out of a pack, and out of another’s reason; the rest stays and the chain holds', async () => {
  const id = ids[3] ?? ''
  const other = ids[7] ?? ''
  const neighbour = await rowsOf(ids[4] ?? '')
  const scope = { tenant: world.tenant, actor: 'test', now: Date.now() } as never
  const { result } = await withTenant(
    stand.sql,
    { tenant: world.tenant, actor: 'test', action: 'EraseSubject' },
    (tx) => eraseSubject(tx, scope, { subject: `sub_${id}` }),
  )
  expect(result.remaining).toEqual([])
  const packs = await readFeed(
    stand.sql,
    (tx) =>
      tx`select ordinal from vouchsafe.effect_pack where tenant_id = ${world.tenant} and strpos(images, ${name(3)}) > 0`,
  )
  expect(packs).toEqual([])
  // Nor does a mark tell that the name was there.
  const [marked] = await readFeed(
    stand.sql,
    (
      tx,
    ) => tx`select count(*) filter (where position(vouchsafe.name_mark(${name(3)}) in marks) > 0)::integer as erased,
      count(*) filter (where position(vouchsafe.name_mark(${name(4)}) in marks) > 0)::integer as there
      from vouchsafe.effect_pack where tenant_id = ${world.tenant}`,
  )
  expect(marked).toEqual({ erased: 0, there: 1 })
  expect(await pastOf(id, imported)).toEqual([])
  expect(await pastOf(other, imported)).toHaveLength(1)
  expect(await pastOf(ids[4] ?? '', imported)).toEqual(neighbour)
  expect(await holds()).toBeUndefined()
  const { erased } = await readFeed(stand.sql, (tx) => walkChain(tx, world.tenant))
  expect(erased).toBeGreaterThanOrEqual(5)
})

test.each(['CORP\\jdoe-77', 'o"brien-77', '%_erased-77.*'])(
  'S003-13 S002-45 a person whose name JSON writes otherwise is erased out of what others’ rows say, packed or not: %s',
  async (sub) => {
    const right = { kind: 'entitlement', target: 'e2', access: 'full', source: 'backfill' } as const
    const named = { ...right, source_ref: sub.slice(-5), reason: `asked by:\n${sub}, twice` }
    const row = (line: number, who: string, of: typeof named) => ({
      line,
      holder: { iss: world.iss, sub: who },
      rights: [of],
    })
    await stand.write(world.tenant, async (tx) => {
      const own = row(1, sub, { ...named, reason: '' })
      const others = Array.from({ length: 120 }, (_, at) =>
        row(at + 2, name(at), at % 50 === 1 ? named : { ...named, reason: 'none' }),
      )
      await importSlice(tx, world.tenant, [own, ...others], Date.UTC(2026, 1))
    })
    await stand.write(world.tenant, (tx) =>
      importSlice(tx, world.tenant, [row(1, name(500), named)], Date.UTC(2026, 2)),
    )
    const [person] = await read(
      (tx) => tx<{ subject_id: string }[]>`select subject_id from vouchsafe.identities where sub = ${sub}`,
    )
    const scope = { tenant: world.tenant, actor: 'test', now: Date.now() } as never
    const erase = () =>
      withTenant(stand.sql, { tenant: world.tenant, actor: 'test', action: 'EraseSubject' }, (tx) =>
        eraseSubject(tx, scope, { subject: `sub_${person?.subject_id}` }),
      )
    expect((await erase()).result.remaining).toEqual([])
    const left = await readFeed(
      stand.sql,
      (tx) => tx`
      select table_name, after #>> '{reason}' as reason from vouchsafe.effects
      where tenant_id = ${world.tenant} and strpos(after ->> 'reason', ${sub}) > 0`,
    )
    expect(left).toEqual([])
    expect((await erase()).result).toMatchObject({ erased_headers: 0, revoked_grants: 0, remaining: [] })
    expect(await holds()).toBeUndefined()
  },
)

test('S003-13 S002-45 a name too short to be looked for is erased where it was another’s before, packed', async () => {
  const sub = (n: number) =>
    `${String.fromCharCode(97 + (n % 26))}${n % 10}${String.fromCharCode(97 + (n % 25))}`.slice(0, 2)
  const subs = [...new Set(Array.from({ length: 260 }, (_, n) => sub(n)))]
  expect(subs.length).toBeGreaterThanOrEqual(100)
  const [moved = '', kept = ''] = subs
  await stand.write(world.tenant, async (tx) => {
    const all = subs.map((each, line) => ({ line, holder: { iss: world.iss, sub: each }, rights: [] }))
    await importSlice(tx, world.tenant, all, Date.UTC(2026, 1))
  })
  const id = ids[300] ?? ''
  await stand.write(
    world.tenant,
    (tx) =>
      tx`update vouchsafe.identities set subject_id = ${id} where tenant_id = ${world.tenant} and sub = ${moved}`,
  )
  const scope = { tenant: world.tenant, actor: 'test', now: Date.now() } as never
  await withTenant(stand.sql, { tenant: world.tenant, actor: 'test', action: 'EraseSubject' }, (tx) =>
    eraseSubject(tx, scope, { subject: `sub_${id}` }),
  )
  const said = await readFeed(
    stand.sql,
    (tx) => tx`select distinct after ->> 'sub' as sub from vouchsafe.effects
      where tenant_id = ${world.tenant} and table_name = 'identities' and after ->> 'sub' = any(${[moved, kept]})`,
  )
  expect(said).toEqual([{ sub: kept }])
  expect(await holds()).toBeUndefined()
})

test('S003-36 packs are pruned: of each row its last image stays, and it holds', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-packs-'))
  const changed = ids[500] ?? ''
  await stand.write(world.tenant, async (tx) => {
    await tx`update vouchsafe.grants set revoked_at = now() where tenant_id = ${world.tenant} and subject_id = ${changed}`
  })
  const now = await rowsOf(changed)
  const untouched = await rowsOf(ids[501] ?? '')
  await new Promise((resolve) => setTimeout(resolve, 5))
  const file = join(folder, 'history.ndjson')
  await pruneAudit(stand.sql, {
    tenant: world.tenant,
    before: Date.now(),
    fileOf: () => file,
    heads: await readFeed(stand.sql, (tx) => readHeads(tx, Date.now(), world.tenant)),
    reason: 'retention',
  } as never)
  const text = readFileSync(file)
  rmSync(folder, { recursive: true })
  const [checkpoint] = await readFeed(
    stand.sql,
    (tx) => tx<{ effects: number; pruned: number; kept: number; digest: Uint8Array }[]>`
      select effects, pruned, kept, export_sha256 as digest from vouchsafe.checkpoints where tenant_id = ${world.tenant}`,
  )
  expect(Buffer.from(checkpoint?.digest ?? []).equals(createHash('sha256').update(text).digest())).toBe(true)
  expect(text.toString().trim().split('\n')).toHaveLength(checkpoint?.effects ?? 0)
  expect(checkpoint?.kept).toBe((checkpoint?.effects ?? 0) - (checkpoint?.pruned ?? 0))
  const [gone] = await readFeed(
    stand.sql,
    (tx) =>
      tx`select count(*)::integer as n from vouchsafe.packed_effect where tenant_id = ${world.tenant} and holder = ${changed} and table_name = 'grants'`,
  )
  expect(gone).toEqual({ n: 0 })
  expect(await holds()).toBeUndefined()
  const { revision = 0 } =
    (await readFeed(stand.sql, (tx) => readHeads(tx, Date.now(), world.tenant)))[0] ?? {}
  expect(await pastOf(changed, revision)).toEqual(now)
  expect(await pastOf(ids[501] ?? '', revision)).toEqual(untouched)
})
