import type { Plan } from '#core/catalogue.ts'
import { integer, oneOf, text, uuid } from './row.ts'
import { type OnPoison, readEach } from './salvage.ts'
import type { SmallRows } from './small-tables.ts'

export type Plans = {
  readonly plans: ReadonlyMap<string, Plan>
  readonly plan_versions: ReadonlyMap<string, Plan>
}

/** Plans by key, and by the id of each version that was ever published. */
export function buildPlans(rows: SmallRows, onPoison: OnPoison): Plans {
  const versions = readEach(rows.all('plan_versions'), 'plan_versions', onPoison, (row) => ({
    id: uuid(row, 'id'),
    plan: uuid(row, 'plan_id'),
    n: integer(row, 'n'),
    status: oneOf(row, 'status', ['draft', 'published', 'retired']),
  }))
  const newest = new Map<string, { readonly id: string; readonly n: number }>()
  for (const { id, plan, n, status } of versions) {
    if (status === 'published' && n > (newest.get(plan)?.n ?? 0)) newest.set(plan, { id, n })
  }
  const byId = new Map(
    readEach(rows.all('plans'), 'plans', onPoison, (row): [string, Plan] => {
      const id = uuid(row, 'id')
      const kind = oneOf(row, 'kind', ['base', 'addon', 'tier'])
      const current = newest.get(id)?.id
      const rank = kind === 'tier' ? integer(row, 'rank') : 0
      return [id, { id, key: text(row, 'key'), kind, rank, ...(current !== undefined && { current }) }]
    }),
  )
  const plan_versions = new Map<string, Plan>()
  for (const { id, plan, status } of versions) {
    const of = byId.get(plan)
    if (of !== undefined && status !== 'draft') plan_versions.set(id, of)
  }
  return { plans: new Map([...byId.values()].map((plan) => [plan.key, plan])), plan_versions }
}
