import type { Tx } from '#postgres/pool.ts'
import type { Command } from './command.ts'
import { type GrantRow, selectGrants, toRecord } from './grant-rows.ts'
import type { GrantRecord } from './grant-types.ts'
import { readId } from './ids.ts'
import { lockHolders } from './lock-holders.ts'
import { notFound } from './not-found.ts'

/** One grant by its id, whatever became of it. Unknown: AppError NOT_FOUND. */
export const getGrant: Command<string, GrantRecord> = async (tx, { tenant }, text) =>
  toRecord(await findGrant(tx, tenant, text))

/** The same for a write: its holder is locked first, as all writers do. */
export async function holdGrant(tx: Tx, tenant: string, text: string): Promise<GrantRow> {
  await lockHolders(tx, tenant, [await findGrant(tx, tenant, text)])
  return findGrant(tx, tenant, text)
}

async function findGrant(tx: Tx, tenant: string, text: string): Promise<GrantRow> {
  const id = readId('grt', text)
  const [row] =
    id === undefined
      ? []
      : await tx<GrantRow[]>`${selectGrants(tx)} where g.tenant_id = ${tenant} and g.id = ${id}`
  if (!row) throw notFound('grant', text)
  return row
}
