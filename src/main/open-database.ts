import { setTimeout } from 'node:timers/promises'
import type { Config } from '#config'
import { connectFailure, DatabaseRefused } from '#postgres/database-refused.ts'
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

/**
 * Opens DATABASE_URL, or starts the embedded Postgres; migrates; refuses where row security would not hold. A given
 * database that does not answer is waited for: a node that is started during an outage is there when it ends.
 */
export async function openDatabase(
  config: Config,
  notice: (text: string) => void,
  signal?: AbortSignal,
): Promise<Database> {
  const { url, directUrl, stop } = await place(config, notice)
  let sql: Sql | undefined
  try {
    await untilReached(() => migrate({ url: directUrl, notice }), config, notice, signal)
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

const firstPauseMs = 250
const longestPauseMs = 1500

async function untilReached(
  attempt: () => Promise<unknown>,
  config: Config,
  notice: (text: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let pauseMs = firstPauseMs, n = 1; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs), n++) {
    try {
      await attempt()
      return
    } catch (error) {
      const away = error instanceof DatabaseRefused && error.kind === 'unreachable'
      if (!away || config.databaseUrl === undefined) throw error
      if (n === 1) notice(`${error.message} It is tried again until it does; /health/live answers meanwhile.`)
      // Spread out: many nodes wait for the same database.
      await setTimeout(pauseMs * (0.5 + Math.random()), undefined, signal && { signal })
    }
  }
}
