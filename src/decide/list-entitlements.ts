import { capture, decide } from './check.ts'
import { gatherAll } from './gather-all.ts'
import type { Needs } from './needs.ts'
import { tierOf } from './tier.ts'
import type { HeldEntitlement, ListEntitlements } from './verbs.ts'

/** Questions answered before other work may run: about a millisecond's worth. */
const chunk = 24

/** Lists every entitlement for which Check says yes: the same evaluation, key by key, so the two cannot disagree. */
export function createListEntitlements(needs: Needs): ListEntitlements {
  return async (asker, context) => {
    const captured = gatherAll(capture(needs, asker.principal.tenant), asker.principal, context)
    const quiet: Needs = { ...needs, record: () => undefined }
    const held: HeldEntitlement[] = []
    let asked = 0
    const keys = [...captured.catalogue.entitlements.keys()].sort()
    for (const key of keys) {
      if (++asked % chunk === 0) await needs.breathe()
      const answer = decide(quiet, captured, asker, {
        entitlement: key,
        context,
        quantity: 1,
        explain: false,
      })
      if (answer.allowed)
        held.push(heldOf(key, captured.catalogue.entitlements.get(key)?.kind ?? 'boolean', answer))
    }
    const { catalogue, gathered, now } = captured
    const tier = gathered && tierOf(catalogue, asker.principal, gathered, now)
    const { subject } = asker.principal
    return {
      entitlements: held,
      ...(tier && { tier: tier.key }),
      ...(subject !== undefined && { subject_id: `sub_${subject}` }),
      data_revision: captured.data_revision,
      bundle_revision: captured.bundle.revision,
    }
  }
}

function heldOf(
  key: string,
  kind: string,
  answer: Pick<HeldEntitlement, 'value' | 'expires_at' | 'reasons'>,
): HeldEntitlement {
  return {
    key,
    kind,
    reasons: answer.reasons,
    ...(answer.value !== undefined && { value: answer.value }),
    ...(answer.expires_at !== undefined && { expires_at: answer.expires_at }),
  }
}
