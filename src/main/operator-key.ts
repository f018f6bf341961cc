import { hash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { addCaller, addCallerKey, type StoredKey } from '#admin/callers.ts'
import type { Config } from '#config'
import { ConfigError } from '#config/config-error.ts'
import { callerProblems } from '#config/exposure.ts'
import { platformTenant } from '#core/platform.ts'
import { apiKeyId, apiKeyRandomBytes, generateApiKey } from '#identity/api-key.ts'
import type { Sql } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { withPlatform } from '#postgres/with-platform.ts'
import { keptText } from './data-folder.ts'

export type OperatorKey = {
  /** Where it is kept, at mode 0600. */
  readonly file: string
  /** Whether it is there: another node may have made it. */
  readonly kept: boolean
  /** Only where it was made at this start: it is shown once. */
  readonly made?: string
}

/**
 * Makes the platform's first operator where no caller is there yet, and keeps its key in the data folder.
 * A server that others can reach is not the place for that: there it refuses.
 */
export async function openOperatorKey(sql: Sql, config: Config): Promise<OperatorKey> {
  const folder = config.data
  const file = join(folder, 'operator.key')
  if (await hasCallers(sql)) return { file, kept: existsSync(file) }
  const problems = callerProblems(config, 0)
  if (problems.length > 0)
    throw new ConfigError(problems.map((each) => `${each}: start it once on loopback to make one.`))
  const fresh = !existsSync(file)
  const text = await keptText(
    folder,
    'operator.key',
    () => generateApiKey(randomBytes(apiKeyRandomBytes)).text,
  )
  const key = storedKey(text)
  await withPlatform(sql, { actor: 'boot', action: 'CreateCaller', reason: 'first start' }, async (tx) => {
    const id = await addCaller(tx, platformTenant, { name: 'operator', kind: 'key', roles: ['operator'] })
    await addCallerKey(tx, platformTenant, id, key)
  })
  return fresh ? { file, kept: true, made: text } : { file, kept: true }
}

async function hasCallers(sql: Sql): Promise<boolean> {
  const rows = await readTenant(
    sql,
    platformTenant,
    (tx) => tx`select from vouchsafe.callers where tenant_id = ${platformTenant} limit 1`,
  )
  return rows.length > 0
}

function storedKey(text: string): StoredKey {
  const id = apiKeyId(text)
  if (id === undefined)
    throw new Error('The operator key in the data folder is no key; remove the file to get a new one.')
  return { id, sha256: hash('sha256', text, 'buffer') }
}
