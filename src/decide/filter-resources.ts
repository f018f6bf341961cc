import type { Catalogue } from '#core/catalogue.ts'
import { capture, decide } from './check.ts'
import { gatherAll } from './gather-all.ts'
import type { Needs } from './needs.ts'
import type { FilterResources, ResourceKind } from './verbs.ts'

/** Questions answered before other work may run: about a millisecond's worth. */
const chunk = 24

/** Says which candidates are visible: the same evaluation as Check, candidate by candidate. Unknown ones are not visible. */
export function createFilterResources(needs: Needs): FilterResources {
  return async (asker, kind, ids, surface, context) => {
    const captured = gatherAll(capture(needs, asker.principal.tenant), asker.principal, context)
    const quiet: Needs = { ...needs, record: () => undefined }
    const candidates = ids.length > 0 ? ids : allOf(captured.catalogue, kind)
    const visible: string[] = []
    let asked = 0
    for (const id of candidates) {
      if (++asked % chunk === 0) await needs.breathe()
      const resource = { kind, id }
      const question = { entitlement: surface, resource, context, quantity: 1, explain: false }
      if (decide(quiet, captured, asker, question).allowed) visible.push(id)
    }
    return { ids: visible, data_revision: captured.data_revision, bundle_revision: captured.bundle.revision }
  }
}

function allOf(catalogue: Catalogue, kind: ResourceKind): readonly string[] {
  if (kind === 'product') return [...catalogue.products.keys()].sort()
  return [...catalogue.resources.values()]
    .filter((each) => each.kind === kind)
    .map((each) => each.key)
    .sort()
}
