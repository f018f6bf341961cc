import { createHash } from 'node:crypto'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { makePlace, type Place } from '#test/end-to-end/place.ts'
import { demoServer } from '#test/process/demo-server.ts'
import { finished, ownPorts, start, temporaryFolder } from '#test/process/vouchsafe.ts'

const environment = (place: Place, data: string) => ({
  DATABASE_URL: place.database.url,
  VOUCHSAFE_SECRET: 'a5VdS0Wqk2nQ7xTz9uPbLr3mYc8eHg1JfNo6iKwXvZs',
  VOUCHSAFE_DATA: data,
})

test('S001-5 audit verify by DATABASE_URL: holds, and after a cut tail fails against the head kept in a file', {
  timeout: 150_000,
}, async () => {
  const place = await makePlace()
  try {
    const folder = temporaryFolder()
    const env = environment(place, folder)
    const { sql } = place.database
    const tenant = place.tenants.acme
    await withTenant(sql, { tenant, actor: 'test', action: 'Test' }, async (tx) => {
      await tx`insert into vouchsafe.subjects (tenant_id, id) values (${tenant}, ${newId()})`
    })
    const holds = await finished(['audit', 'verify', '--rows'], { env })
    expect(holds).toMatchObject({ code: 0 })
    expect(holds.out).toMatch(/holds {3}acme/)
    const head = await finished(['audit', 'head'], { env })
    const file = join(folder, 'kept.jsonl')
    writeFileSync(file, head.out)
    appendFileSync(file, '{"cut')

    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`
      const [{ revision } = { revision: 0 }] = await tx<{ revision: number }[]>`
        select revision from vouchsafe.head where tenant_id = ${tenant}`
      await tx`delete from vouchsafe.effect where tenant_id = ${tenant} and xid =
        (select xid from vouchsafe.change where tenant_id = ${tenant} and revision = ${revision})`
      await tx`delete from vouchsafe.change where tenant_id = ${tenant} and revision = ${revision}`
      await tx`update vouchsafe.head set (revision, chain) =
        (select revision, chain from vouchsafe.change where tenant_id = ${tenant} and revision = ${revision - 1})
        where tenant_id = ${tenant}`
    })
    expect((await finished(['audit', 'verify'], { env })).code).toBe(0)
    const found = await finished(['audit', 'verify', '--json', '--heads', file], { env })
    expect(found).toMatchObject({ code: 1, err: expect.stringContaining('does not hold for 1 of') })
    const verdicts = found.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(verdicts.find(({ key }) => key === 'acme').broken).toMatchObject({ fault: 'cut' })
    expect(verdicts.filter(({ broken }) => broken)).toHaveLength(1)
    const one = await finished(['audit', 'verify', '--tenant', 'globex', '--heads', file], { env })
    expect(one.code).toBe(0)
    expect(await finished(['audit', 'verify', '--tenant', 'nobody'], { env })).toMatchObject({ code: 65 })
  } finally {
    await place.remove()
  }
})

test('audit verify on the embedded database while the server runs; the server keeps heads of its own', {
  timeout: 150_000,
}, async () => {
  const data = join(temporaryFolder(), 'data')
  const env = ownPorts(data)
  await start(['serve'], { env }).up()
  const heads = readFileSync(join(data, 'heads.jsonl'), 'utf8').trim().split('\n')
  expect(heads.map((line) => Object.keys(JSON.parse(line)))).toContainEqual([
    'at',
    'tenant',
    'epoch',
    'revision',
    'chain',
  ])
  const verified = await finished(['audit', 'verify'], { env })
  expect(verified).toMatchObject({
    code: 0,
    err: expect.stringMatching(/History holds for all \d+ tenants; [1-9]/),
  })
  const tampered = await finished(['audit', 'head'], { env })
  const head = JSON.parse(tampered.out.split('\n').find((line) => line.length > 0) ?? '{}')
  const file = join(data, 'wrong.jsonl')
  writeFileSync(file, JSON.stringify({ ...head, revision: head.revision + 10 }))
  expect(await finished(['audit', 'verify', '--heads', file], { env })).toMatchObject({
    code: 1,
    out: expect.stringContaining('its tail was cut'),
  })
})

test('audit export: NDJSON and CSV, all of it, continued where it ended', { timeout: 150_000 }, async () => {
  const { data, addresses, grant } = await demoServer()
  for (const key of ['docs_paid', 'enterprise_sso']) await grant(key)
  const env = { VOUCHSAFE_DATA: data, VOUCHSAFE_SERVER: addresses.grpc }
  const all = await finished(['audit', 'export'], { env })
  expect(all.code).toBe(0)
  const lines = all.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const revisions = lines.map(({ revision }) => revision)
  expect(revisions).toEqual([...revisions].sort((a, b) => a - b))
  const last = revisions.at(-1)
  expect(new Set(revisions).size).toBe(last)
  expect(all.err).toContain(`through revision ${last}`)
  const half = Math.floor(last / 2)
  const rest = await finished(['audit', 'export', '--after', String(half)], { env })
  expect(
    rest.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(lines.filter(({ revision }) => revision > half))
  const nothing = await finished(['audit', 'export', '--after', String(last)], { env })
  expect(nothing).toMatchObject({ code: 0, out: '' })
  const csv = await finished(['audit', 'export', '--format', 'csv'], { env })
  const rows = csv.out.split('\r\n')
  expect(rows[0]).toBe(
    'revision,at,actor,actor_name,action,reason,cause,ordinal,table,op,key,before,after,erased',
  )
  expect(rows.length - 2).toBe(lines.length)
})

test('a database that is not there is said to be so', async () => {
  const data = temporaryFolder()
  const env = { ...environment({ database: { url: 'postgres://x@127.0.0.1:1/x' } } as Place, data) }
  const { code, err } = await finished(['audit', 'verify'], { env })
  expect(code).not.toBe(0)
  expect(err).not.toContain('    at ')
})

test('S003-33 list, show, explain a moment, denials and erase, as an operator reads them', {
  timeout: 200_000,
}, async () => {
  const { data, addresses, grant, ask } = await demoServer()
  const env = { VOUCHSAFE_DATA: data, VOUCHSAFE_SERVER: addresses.grpc }
  const run = (...args: string[]) => finished(args, { env })
  await ask('enterprise_sso')
  await grant('enterprise_sso')
  const list = await run('audit', 'list', '--action', 'AdminEntitlementGranted')
  expect(list).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+ {2}\S+Z {2}AdminEntitlementGranted/),
  })
  const number = list.out.split(' ')[0] ?? ''
  const shown = await run('audit', 'show', number)
  expect(shown.out).toMatch(/insert grants .*\n.*\n? {4}access: undefined → "full"/)
  const then = await run('explain', 'enterprise_sso', '--as', 'alice', '--tenant', 'acme', '--at', number)
  expect(then).toMatchObject({ code: 0, out: expect.stringContaining('as of 20') })
  const before = await run(
    'explain',
    'enterprise_sso',
    '--as',
    'alice',
    '--tenant',
    'acme',
    '--at',
    String(Number(number) - 1),
  )
  expect(before).toMatchObject({ code: 1, out: expect.stringContaining('denied') })
  expect((await run('audit', 'denials')).out).toContain('enterprise_sso')
  const subject = /"subject_id":"([0-9a-f-]{36})"/.exec((await run('audit', 'export')).out)?.[1] ?? ''
  expect((await run('audit', 'erase', `sub_${subject}`)).code).toBe(64)
  const tried = (await run('audit', 'erase', `sub_${subject}`, '--dry-run')).out
  expect(tried).toContain('would erase')
  expect(tried).toContain('nothing was changed')
  expect((await run('audit', 'erase', `sub_${subject}`, '--yes')).out).toMatch(/^\S*erased/)
})

test('S003-36 audit prune exports, prunes each tenant, and verify goes on from there', {
  timeout: 150_000,
}, async () => {
  const place = await makePlace()
  try {
    const folder = temporaryFolder()
    const env = environment(place, folder)
    const out = join(folder, 'kept')
    const prune = (before: string, ...more: readonly string[]) =>
      finished(['audit', 'prune', '--before', before, '--export', ...more], { env })
    for (const wrong of ['2026-13', 'yesterday', '2099-01']) {
      expect(await prune(wrong, out)).toMatchObject({ code: 64 })
    }
    const early = await prune('2000-01', out, '--tenant', 'acme')
    expect(early).toMatchObject({ code: 0, out: expect.stringContaining('nothing to prune') })
    const done = await prune(new Date().toISOString(), out, '--json')
    expect(done).toMatchObject({ code: 0 })
    const lines = done.out.trim().split('\n')
    const acme = lines.map((line) => JSON.parse(line)).find(({ tenant }) => tenant === 'acme')
    expect(createHash('sha256').update(readFileSync(acme.file)).digest('hex')).toBe(acme.sha256)
    const verified = await finished(['audit', 'verify', '--rows'], { env })
    expect(verified).toMatchObject({ code: 0 })
    expect(verified.out).toContain(`pruned up to change ${acme.revision}`)
    // The change that was the pruning is history itself by now, but its file must not take the place of another.
    const onto = await prune(new Date().toISOString(), acme.file, '--tenant', 'acme')
    expect(onto).toMatchObject({ code: 65, err: expect.stringContaining('is there already') })
  } finally {
    await place.remove()
  }
})
