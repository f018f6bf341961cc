import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { startEmbedded } from '#postgres/embedded.ts'
import { guardRoles } from '#postgres/guard.ts'
import { migrate, migrationNames } from '#postgres/migrate.ts'
import { openPool, type Sql } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { newTenant } from './new-tenant.ts'

let url: URL
let administrator: Sql
const name = `vouchsafe_migrate_${randomBytes(6).toString('hex')}`
beforeEach(async () => {
  administrator = openPool({ url: inject('databaseUrl'), max: 1 })
  await administrator.unsafe(`create database ${name}`)
  url = new URL(inject('databaseUrl'))
  url.pathname = `/${name}`
})
afterEach(async () => {
  await administrator.unsafe(`drop database ${name} with (force)`)
  await administrator.end()
})

test('F57 several that start at once migrate once, and again is nothing', async () => {
  const runs = await Promise.all([
    migrate({ url: url.href }),
    migrate({ url: url.href }),
    migrate({ url: url.href }),
  ])
  expect(runs.flat()).toEqual(await migrationNames())
  expect(await migrate({ url: url.href })).toEqual([])
})

test('F57 a database that a newer version migrated is refused and left as it is', async () => {
  await migrate({ url: url.href })
  const sql = openPool({ url: url.href, max: 1 })
  await sql`insert into vouchsafe_meta.migrations (name, run_on) values ('9999_future', now())`
  await sql.end()
  await expect(migrate({ url: url.href })).rejects.toThrow(
    'newer than this version of vouchsafe (9999_future)',
  )
})

test('S003-19 a login with no more than CREATEROLE can migrate a bare server, pass the guard, and write', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'vouchsafe-login-'))
  const server = await startEmbedded({ dataDir, settings: { fsync: 'off' } })
  const superuser = openPool({ url: server.url, max: 1 })
  const plain = new URL(server.url)
  plain.username = 'plain'
  plain.password = 'x'
  const sql = openPool({ url: plain.href, max: 2 })
  try {
    await superuser.unsafe("create role plain login password 'x' createrole")
    await superuser.unsafe('grant create on database postgres to plain')
    await migrate({ url: plain.href })
    await guardRoles(sql)
    await newTenant(sql)
    expect(await readFeed(sql, (tx) => tx`select from vouchsafe.tenants`)).toHaveLength(2)
  } finally {
    await sql.end({ timeout: 1 })
    await superuser.end({ timeout: 1 })
    await server.stop()
    for (const folder of [server.folder, dataDir]) await rm(folder, { recursive: true, force: true })
  }
})
