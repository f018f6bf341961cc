import type { AppliedEffect } from './apply-change.ts'
import { putRow } from './big-tables.ts'
import type { Pace } from './pace.ts'
import type { TenantData } from './tenant-data.ts'
import type { Touched } from './touched.ts'

/** Below it, all is put in less time than a slice has. */
const many = 100

/**
 * Puts the rights of people who come with a change, resting between them: nobody finds these people before their ids
 * are revealed, so no question sees half of it. Gives the rest of the effects, which is to be applied at once. What is
 * broken off can be begun again.
 */
export async function arrive(
  data: TenantData,
  effects: readonly AppliedEffect[],
  pace: Pick<Pace, 'due' | 'rest'>,
): Promise<readonly AppliedEffect[]> {
  const made = effects.flatMap(({ table_name, op, row }) =>
    table_name === 'subjects' && op === 'insert' && row ? [String(row.id)] : [],
  )
  if (made.length < many) return effects
  const hidden = data.ids.hide(made)
  const untold: Touched = { subjects: new Set(), tenant_wide: false }
  const rest: AppliedEffect[] = []
  for (const effect of effects) {
    const { table_name, op, row } = effect
    if (table_name === 'grants' && op === 'insert' && row && hidden.has(String(row.subject_id))) {
      putRow(table_name, data, row, untold)
    } else rest.push(effect)
    if (pace.due()) await pace.rest()
  }
  return rest
}
