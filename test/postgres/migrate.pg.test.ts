import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { guardRoles } from '#postgres/guard.ts'
import { migrate, migrationNames } from '#postgres/migrate.ts'
import { openPool, type Sql } from '#postgres/pool.ts'
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

test('S003-19 a login that is no superuser can migrate, pass the guard, and write', async () => {
  const login = `${name}_login`
  await administrator.unsafe(`create role ${login} login password 'x' createrole`)
  await administrator.unsafe(`grant create on database ${name} to ${login}`)
  for (const role of ['vouchsafe_owner', 'vouchsafe_app', 'vouchsafe_feed']) {
    await administrator.unsafe(`grant ${role} to ${login} with admin option`)
  }
  const plain = new URL(url)
  plain.username = login
  plain.password = 'x'
  const sql = openPool({ url: plain.href, max: 2 })
  try {
    await migrate({ url: plain.href })
    await guardRoles(sql)
    await newTenant(sql)
  } finally {
    await sql.end()
    const inside = openPool({ url: url.href, max: 1 })
    await inside.unsafe(`drop owned by ${login}; reassign owned by ${login} to current_user`)
    await inside.end()
    await administrator.unsafe(`revoke vouchsafe_owner, vouchsafe_app, vouchsafe_feed from ${login}`)
    await administrator.unsafe(`drop owned by ${login}`)
    await administrator.unsafe(`drop role ${login}`)
  }
})
