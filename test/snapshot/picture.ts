import type { Snapshot, TenantView } from '#core/tenant-view.ts'

/** What to look at in a tenant: all ids that may hold anything. */
export type Ids = { readonly subjects: readonly string[]; readonly organizations: readonly string[] }
export type Identities = readonly { readonly iss: string; readonly sub: string }[]

/** All that a view says, in an order of its own making: equal pictures, equal answers. */
export function pictureOf(view: TenantView, ids: Ids, identities: Identities) {
  const holders = [...ids.subjects, ...ids.organizations]
  return {
    place: [view.epoch, view.revision, view.chain],
    catalogue: view.catalogue,
    identities: identities.map(({ iss, sub }) => [iss, sub, view.subjectOf(iss, sub)]),
    subjects: ids.subjects.map((id) => [id, view.subject(id)]),
    grants: holders.map((id) => [id, view.grants(id, () => true)]),
    memberships: ids.subjects.map((id) => [id, sorted(view.memberships(id), (row) => row.organization)]),
    seats: ids.subjects.map((id) => [id, [...view.seats(id)].sort()]),
    pools: poolsOf(view, ids.subjects),
    facts: ids.subjects.map((id) => [id, view.facts(id)]),
    experiments: ids.subjects.map((id) => [id, view.experiments(id)]),
    organizations: ids.organizations.map((id) => [id, view.organization(id)]),
  }
}

/** Each pool of which somebody holds a seat: what was bought for it, and who holds theirs for how long. */
function poolsOf(view: TenantView, subjects: readonly string[]) {
  const pools = [...new Set(subjects.flatMap((id) => [...view.seats(id)]))].sort()
  return pools.map((id) => {
    const pool = view.seatPool(id)
    const purchases = sorted(pool?.purchases ?? [], (purchase) => JSON.stringify(purchase))
    const holders = subjects.filter((subject) => view.seats(subject).includes(id))
    const ranks = holders.map((subject) => [subject, pool?.rank(subject)])
    return { id, rule: pool?.on_shrink, held: pool?.held, purchases, ranks }
  })
}

export function must(snapshot: Snapshot, tenant: string): TenantView {
  const view = snapshot.tenant(tenant)
  if (view === undefined) throw new Error('The tenant is not in the snapshot.')
  return view
}

function sorted<T>(items: readonly T[], by: (item: T) => string): readonly T[] {
  return [...items].sort((a, b) => (by(a) < by(b) ? -1 : 1))
}
