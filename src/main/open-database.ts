import type { Config } from '#config'
import { connectFailure } from '#postgres/database-refused.ts'
import { startEmbedded } from '#postgres/embedded.ts'
import { guardRoles } from '#postgres/guard.ts'
import { migrate } from '#postgres/migrate.ts'
import { openPool, type Sql } from '#postgres/pool.ts'
import { oldServerWarning } from '#postgres/server-version.ts'
import { embeddedFolder } from './data-folder.ts'

export type Database = {
  readonly sql: Sql
  readonly url: string
  /** Past any pooler: for LISTEN. */
  readonly directUrl: string
  readonly embedded: boolean
  readonly close: () => Promise<void>
}

/** Opens DATABASE_URL, or starts the embedded Postgres; migrates; refuses where row security would not hold. */
export async function openDatabase(config: Config, notice: (text: string) => void): Promise<Database> {
  const { url, directUrl, stop } = await place(config, notice)
  let sql: Sql | undefined
  try {
    await migrate({ url: directUrl, notice })
    sql = openPool({ url, max: config.databasePool })
    await guardRoles(sql).catch((error: unknown) => {
      throw connectFailure(url, error)
    })
    const old = config.databaseUrl && (await oldServerWarning(sql))
    if (old) notice(old)
    const pool = sql
    const close = async () => {
      await pool.end({ timeout: 2 })
      await stop()
    }
    return { sql: pool, url, directUrl, embedded: config.databaseUrl === undefined, close }
  } catch (error) {
    await sql?.end({ timeout: 1 })
    await stop()
    throw error
  }
}

async function place(config: Config, notice: (text: string) => void) {
  if (config.databaseUrl === undefined) {
    const { url, stop } = await startEmbedded({ dataDir: embeddedFolder(config.data), notice })
    return { url, directUrl: url, stop }
  }
  const url = config.databaseUrl.reveal()
  return { url, directUrl: config.databaseDirectUrl?.reveal() ?? url, stop: async () => undefined }
}
