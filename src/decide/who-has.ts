import { AppError } from '#core/errors.ts'
import type { WhatIf } from '#core/what-if.ts'
import { type Captured, decide } from './check.ts'
import { asking, contextsOf, placesOf, principalOf } from './everyone.ts'
import type { Needs } from './needs.ts'

/** Questions answered before other work may run: about a millisecond's worth. */
const chunk = 24

export type WhoHas = (
  what: WhatIf,
  question: { readonly product: string; readonly surface: string },
  /** Ids of the subjects to ask about. Default: all. */
  among?: Iterable<string>,
) => AsyncIterable<string>

/** The subjects who have access, by the rules and as it would be after the effects: in some context at least. */
export function createWhoHas(needs: Needs): WhoHas {
  return async function* ({ after: view, subjects }, { product, surface }, among = subjects()) {
    const bundle = needs.bundle()
    if (!bundle) throw new AppError('NOT_READY', 'No policy bundle is active yet.')
    const { revision, catalogue } = view
    const now = needs.now()
    const captured: Captured = { view, catalogue, bundle, now, age_ms: 0, revision, data_revision: '' }
    const quiet: Needs = { ...needs, record: () => undefined }
    const resource = { kind: 'product', id: product } as const
    let asked = 0
    for (const subject of among) {
      const principal = principalOf(view, subject)
      if (!principal) continue
      for (const context of contextsOf(view, placesOf(view, subject))) {
        if (++asked % chunk === 0) await needs.breathe()
        const question = { entitlement: surface, resource, context, quantity: 1, explain: false }
        if (!decide(quiet, captured, { caller: asking, principal }, question).allowed) continue
        yield subject
        break
      }
    }
  }
}
