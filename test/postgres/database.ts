import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { openPool, type Sql } from '#postgres/pool.ts'

export type FreshDatabase = {
  readonly url: string
  readonly sql: Sql
  readonly drop: () => Promise<void>
}

/** A migrated database of its own, with a pool on it. Call `drop` when done (afterAll). */
export async function freshDatabase(options: { readonly max?: number } = {}): Promise<FreshDatabase> {
  const server = inject('databaseUrl')
  const name = `vouchsafe_test_${randomBytes(6).toString('hex')}`
  const administrator = openPool({ url: server, max: 1 })
  await administrator.unsafe(
    `create database ${name} template ${inject('databaseTemplate')} strategy file_copy`,
  )
  await administrator.end()
  const url = new URL(server)
  url.pathname = `/${name}`
  const sql = openPool({ url: url.href, max: options.max ?? 10 })
  const drop = async () => {
    await sql.end({ timeout: 1 })
    const again = openPool({ url: server, max: 1 })
    await again.unsafe(`drop database if exists ${name} with (force)`)
    await again.end()
  }
  return { url: url.href, sql, drop }
}
