import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '#observe/logger.ts'
import { readHeads } from '#postgres/heads.ts'
import type { Sql } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'

type Needs = {
  readonly sql: Sql
  readonly data: string
  /** ms. */
  readonly now: () => number
  readonly log: Log
}

const everyMs = 60_000
export const headFile = 'heads.jsonl'

/**
 * Keeps where each tenant's history stands in a file beside the database, so that a history that was cut shows.
 * Appends only what moved since the last time; copy the file away from this machine to trust it more.
 */
export async function openHeadLog({ sql, data, now, log }: Needs) {
  const file = join(data, headFile)
  const written = new Map<string, string>()

  async function write(): Promise<void> {
    try {
      const heads = await readFeed(sql, (tx) => readHeads(tx, now()))
      const moved = heads.filter(({ tenant, chain }) => chain !== '' && written.get(tenant) !== chain)
      if (moved.length === 0) return
      await appendFile(file, moved.map((head) => `${JSON.stringify(head)}\n`).join(''), { mode: 0o600 })
      for (const { tenant, chain } of moved) written.set(tenant, chain)
    } catch (err) {
      log.warn({ err }, 'the heads of history cannot be kept')
    }
  }

  await write()
  const timer = setInterval(() => void write(), everyMs).unref()
  return {
    close: async () => {
      clearInterval(timer)
      await write()
    },
  }
}
