import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { openPool, type Sql } from '#postgres/pool.ts'

export type FreshDatabase = {
  readonly url: string
  readonly sql: Sql
  readonly drop: () => Promise<void>
}

/** One for all files that a worker runs: a connection costs as much as half of a database. */
let administrator: Sql | undefined

/** A migrated database of its own, with a pool on it. Call `drop` when done (afterAll). */
export async function freshDatabase(options: { readonly max?: number } = {}): Promise<FreshDatabase> {
  const server = inject('databaseUrl')
  const name = `vouchsafe_test_${randomBytes(6).toString('hex')}`
  administrator ??= openPool({ url: server, max: 1 })
  const { unsafe } = administrator
  await unsafe(`create database ${name} template ${inject('databaseTemplate')} strategy file_copy`)
  const url = new URL(server)
  url.pathname = `/${name}`
  const sql = openPool({ url: url.href, max: options.max ?? 10 })
  const drop = async () => {
    await sql.end({ timeout: 1 })
    await unsafe(`drop database if exists ${name} with (force)`)
  }
  return { url: url.href, sql, drop }
}
