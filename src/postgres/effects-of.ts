import { AppError } from '#core/errors.ts'
import type { Tx } from './pool.ts'

/** What one statement left of one row. */
export type Effect = {
  readonly table_name: string
  readonly op: string
  /** JSON of the primary key's columns. */
  readonly key: string
  /** JSON of the row; null where it was deleted. */
  readonly after: string | null
}

const most = 200_000

/** What the transaction has changed so far, in order. More than 200 000 rows: AppError LIMIT_EXCEEDED. */
export async function effectsOf(tx: Tx, tenant: string): Promise<readonly Effect[]> {
  const effects = await tx<Effect[]>`
    select table_name, op, key::text as key, after::text as after from vouchsafe.effects
    where tenant_id = ${tenant} and xid = pg_current_xact_id_if_assigned()
      and epoch = (select epoch from vouchsafe.head where tenant_id = ${tenant})
    order by ordinal limit ${most + 1}`
  if (effects.length <= most) return effects
  throw new AppError('LIMIT_EXCEEDED', 'The change is too large to be tried out.', { limit: String(most) })
}
