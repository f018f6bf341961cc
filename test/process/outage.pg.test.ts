import { create } from '@bufbuild/protobuf'
import { DurationSchema, durationMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { openPool } from '#postgres/pool.ts'
import { demoServer } from './demo-server.ts'
import { metric, ops, stop } from './vouchsafe.ts'

const patience = 120_000

test(
  'F3 F8 F12 without its database a server answers from its snapshot, says so, and follows again by itself',
  async () => {
    const env = { VOUCHSAFE_POLL_INTERVAL_MS: '100', VOUCHSAFE_SOFT_STALENESS_MS: '1000' }
    const { server, addresses, database, ask, grant } = await demoServer({ env })
    await grant('docs_paid')
    await expect.poll(async () => (await ask('docs_paid')).allowed).toBe(true)

    // From another database of the same server: nobody gets into this one any more, and whoever was in is out.
    const { pathname } = new URL(database.url)
    const name = pathname.slice(1)
    await database.sql.end()
    const elsewhere = new URL(database.url)
    elsewhere.pathname = '/postgres'
    const administrator = openPool({ url: elsewhere.href, max: 1 })
    await administrator.unsafe(`alter database ${name} allow_connections false`)
    await administrator`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`

    await expect.poll(async () => (await ask('docs_paid')).stale, { timeout: 20_000 }).toBe(true)
    const away = await ask('docs_paid')
    expect(away.allowed).toBe(true)
    expect(durationMs(away.snapshotAge ?? create(DurationSchema))).toBeGreaterThan(1000)
    expect((await ask('early_access')).allowed).toBe(false)
    expect(JSON.parse(await ops(addresses, '/healthz'))).toMatchObject({ ok: true, db: false })
    expect(JSON.parse(await ops(addresses, '/health/ready'))).toMatchObject({ ready: true, stale: true })
    expect(await metric(addresses, 'vouchsafe_snapshot_age_seconds')).toBeGreaterThan(1)
    await expect(grant('early_access')).rejects.toMatchObject({ code: 14 })
    // Nothing is promised that cannot be kept.
    const { dataRevision } = away
    expect((await ask('docs_paid', dataRevision)).allowed).toBe(true)

    await administrator.unsafe(`alter database ${name} allow_connections true`)
    await administrator.end()
    await expect.poll(async () => (await ask('docs_paid')).stale, { timeout: 30_000 }).toBe(false)
    expect(JSON.parse(await ops(addresses, '/healthz'))).toMatchObject({ ok: true, db: true })
    const { revision } = await grant('early_access')
    expect((await ask('early_access', revision)).allowed).toBe(true)
    // It told of the outage without a word of how to get into the database.
    expect(server.err()).toContain('The feed cannot read the database')
    expect(server.err()).not.toContain(new URL(database.url).password)
    await stop(server)
  },
  patience,
)
