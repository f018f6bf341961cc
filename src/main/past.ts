import { randomFillSync } from 'node:crypto'
import type { Log } from '#observe/logger.ts'
import type { Sql } from '#postgres/pool.ts'
import type { ReadPast } from '#rpc/explain-past.ts'
import { readPast } from '#snapshot/read-past.ts'
import { SeededHash } from '#snapshot/seeded-hash.ts'

/** Reads tenants as they were, for Explain. */
export function createPast(sql: Sql, log: Log): ReadPast {
  const hash = new SeededHash(randomFillSync(new Uint32Array(2)))
  const onPoison = (table: string, reason: string) =>
    log.warn({ table, reason }, 'An old row cannot be read and gives nothing.')
  return (tenant, moment, scope) => readPast({ sql, hash, onPoison }, tenant, moment, scope)
}
