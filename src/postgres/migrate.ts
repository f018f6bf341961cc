import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { connectFailure } from './database-refused.ts'

const folder = join(import.meta.dirname, 'migrations')

export type MigrateOptions = {
  /** Past any pooler (DATABASE_DIRECT_URL): the lock on migrations belongs to a session. */
  readonly url: string
  /** Told each file that is run. */
  readonly notice?: (text: string) => void
}

/**
 * Brings the database to this version's schema, all in one transaction, one process at a time.
 * Fails, changing nothing, where a newer version has been there.
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: options.url, application_name: 'vouchsafe migrate' })
  client.on('error', () => {})
  try {
    await client.connect()
    await refuseNewer(client)
    const done = await runner({
      dbClient: client,
      dir: folder,
      direction: 'up',
      migrationsTable: 'migrations',
      migrationsSchema: 'vouchsafe_meta',
      createMigrationsSchema: true,
      singleTransaction: true,
      advisoryLockMode: 'wait',
      logger: silent,
    })
    for (const { name } of done) options.notice?.(`Migrated ${name}.`)
    return done.map(({ name }) => name)
  } catch (error) {
    throw connectFailure(options.url, error)
  } finally {
    await client.end()
  }
}

/** The names of this version's migrations, in order. */
export async function migrationNames(): Promise<readonly string[]> {
  const files = await readdir(folder)
  return files
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort()
}

async function refuseNewer(client: pg.Client): Promise<void> {
  const table = await client.query(`select to_regclass('vouchsafe_meta.migrations') is not null as there`)
  if (!table.rows[0].there) return
  const ours = new Set(await migrationNames())
  const ran = await client.query<{ name: string }>('select name from vouchsafe_meta.migrations order by id')
  const unknown = ran.rows.map(({ name }) => name).filter((name) => !ours.has(name))
  if (unknown.length === 0) return
  throw new Error(
    `The database's schema is newer than this version of vouchsafe (${unknown.join(', ')}): start the newer version.`,
  )
}

const nothing = () => {}
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing }
