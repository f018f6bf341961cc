import { PackLines } from '#postgres/pack-lines.ts'
import type { AppliedPack } from './applied-pack.ts'
import type { AppliedEffect } from './apply-change.ts'
import { bigTables, holdRow } from './big-tables.ts'
import type { Pace } from './pace.ts'
import type { Row } from './row.ts'
import type { TenantData } from './tenant-data.ts'
import type { Touched } from './touched.ts'

/** What is left to be applied at once, and whom the rest touched. */
export type Arrived = { readonly effects: readonly AppliedEffect[]; readonly touched: Touched }

type Part = Pick<AppliedEffect, 'table_name' | 'op'> & Partial<Pick<AppliedEffect, 'key'>>

/** Below it, all is put in less time than a slice has. */
const many = 100

/**
 * Reads the rows of a change and puts the people and rights that come with it, resting between them: nobody finds these
 * before they are revealed, so no question sees half of it. What is broken off can be begun again. Undefined where an
 * image is no row.
 */
export async function arrive(
  data: TenantData,
  effects: readonly (AppliedEffect | AppliedPack)[],
  pace: Pick<Pace, 'due' | 'rest'>,
): Promise<Arrived | undefined> {
  data.drop()
  const touched: Touched = { subjects: new Set(), tenant_wide: false }
  const isLarge = effects.length >= many || effects.some((effect) => 'lines' in effect)
  // What is done to a row that is there already goes in the order of the change.
  const isHeld =
    isLarge && effects.every(({ table_name, op }) => op === 'insert' || !bigTables[table_name]?.hold)
  const rest: AppliedEffect[] = []
  const put = ({ table_name, op, key = '{}' }: Part, after: string | null, row?: Row) => {
    if (isHeld && row && holdRow(table_name, data, row, touched)) return
    rest.push({ table_name, op, key, after, row })
  }
  for (const effect of effects) {
    if ('lines' in effect) {
      const { usual } = effect
      for (const lines = new PackLines(effect.lines); lines.next(); ) {
        const line = lines.text
        const row = usual && readRow(line)
        if (row === undefined) return undefined
        put(effect, line, { ...usual, ...row })
        if (pace.due()) await pace.rest()
      }
    } else {
      const row = effect.row ?? (effect.after === null ? undefined : readRow(effect.after))
      if (row === undefined && effect.after !== null) return undefined
      put(effect, effect.after, row)
      if (pace.due()) await pace.rest()
    }
  }
  return { effects: rest, touched }
}

function readRow(image: string): Row | undefined {
  try {
    return (JSON.parse(image) as Row | null) ?? undefined
  } catch {
    return undefined
  }
}
