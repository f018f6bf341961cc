import { createCheck } from './check.ts'
import { createExplainAt } from './explain-at.ts'
import { createFilterResources } from './filter-resources.ts'
import { createAwaitFreshness } from './freshness.ts'
import { createGate } from './gate.ts'
import { createListEntitlements } from './list-entitlements.ts'
import type { Needs } from './needs.ts'
import type { Verbs } from './verbs.ts'
import { createWatch } from './watch.ts'

/** All reading verbs over one snapshot and one bundle holder. */
export function createVerbs(
  needs: Needs & { readonly waitMs: number; readonly checkpointMs: number },
): Verbs {
  return {
    check: createCheck(needs),
    gate: createGate(needs),
    explainAt: createExplainAt(needs),
    awaitFreshness: createAwaitFreshness(needs),
    listEntitlements: createListEntitlements(needs),
    filterResources: createFilterResources(needs),
    watch: createWatch(needs),
  }
}
