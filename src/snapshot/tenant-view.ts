import type { Json } from '#core/json.ts'
import type { Membership, TenantView } from '#core/tenant-view.ts'
import { memberRoles } from './codes.ts'
import type { TenantData } from './tenant-data.ts'

/** Reads a tenant as decisions do. It follows the feed until the tenant is reloaded; then a new view takes its place. */
export function viewOf(data: TenantData): TenantView {
  const { ids, names, texts } = data
  return {
    id: data.id,
    get epoch() {
      return data.place.epoch
    },
    get revision() {
      return data.place.revision
    },
    get chain() {
      return Buffer.from(data.place.chain.subarray(0, 8)).toString('hex').padEnd(16, '0')
    },
    get catalogue() {
      return data.catalogue
    },
    get routes() {
      return data.routes
    },
    subjectOf(iss, sub) {
      const slot = data.identities.find(iss, sub)
      return slot === 0 ? undefined : ids.text(slot)
    },
    subject: (id) => data.subjects.get(ids.find(id), id),
    grants(holder, wanted) {
      const slot = ids.find(holder)
      return slot === 0 ? [] : data.grants.of(slot, wanted)
    },
    memberships(subject) {
      const found: Membership[] = []
      data.memberships.each(ids.find(subject), (organization, role) => {
        found.push({ organization: ids.text(organization), role: memberRoles[role] ?? 'member' })
      })
      return found
    },
    organization: (idOrKey) => data.organizations.get(idOrKey),
    seats(subject) {
      const pools: string[] = []
      data.seats.each(ids.find(subject), (pool) => pools.push(ids.text(pool)))
      return pools
    },
    seatPool(id) {
      const rule = data.pools.rule(id)
      if (rule === undefined) return undefined
      const slot = ids.find(id)
      return {
        id,
        on_shrink: rule,
        purchases: data.pools.purchases(id),
        held: data.seats.sizeOf(slot),
        rank: (subject) => data.seats.rank(slot, ids.find(subject)),
      }
    },
    facts(subject) {
      const found: [string, Json][] = []
      data.facts.each(ids.find(subject), (key, value) => {
        found.push([texts.text(key), JSON.parse(texts.text(value)) as Json])
      })
      return Object.fromEntries(found)
    },
    experiments(subject) {
      const found: [string, string][] = []
      data.experiments.each(ids.find(subject), (experiment, variant) => {
        found.push([names.text(experiment), names.text(variant)])
      })
      return Object.fromEntries(found)
    },
  }
}
