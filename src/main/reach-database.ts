import type { Config } from '#config'
import { startEmbedded } from '#postgres/embedded.ts'
import { runningEmbedded } from '#postgres/embedded-running.ts'
import { openPool, type Sql } from '#postgres/pool.ts'
import { embeddedFolder } from './data-folder.ts'

export type Reached = {
  readonly sql: Sql
  /** As the server reaches it: through a pooler where there is one. */
  readonly url: string
  readonly close: () => Promise<void>
}

/**
 * The database of the settings, beside the server that may be running: DATABASE_URL, else the embedded one, which is
 * started for as long as it takes where no server runs it. Nothing is migrated.
 */
export async function reachDatabase(config: Config, notice: (text: string) => void): Promise<Reached> {
  const { url, stop } = await placeOf(config, notice)
  // Statements are not prepared: the pooler may give each to another connection.
  const sql = openPool({ url, max: 5, prepare: false })
  return {
    sql,
    url,
    close: async () => {
      await sql.end({ timeout: 2 })
      await stop()
    },
  }
}

async function placeOf(config: Config, notice: (text: string) => void) {
  const none = async () => undefined
  if (config.databaseUrl) return { url: config.databaseUrl.reveal(), stop: none }
  const running = await runningEmbedded(embeddedFolder(config.data))
  if (running) return { url: running, stop: none }
  notice(`No server runs here: the embedded Postgres of ${config.data} is started for this.`)
  return startEmbedded({ dataDir: embeddedFolder(config.data), notice })
}
