import type { Principal } from '#core/principal.ts'
import type { TenantView } from '#core/tenant-view.ts'
import type { ActiveBundle } from '#core/verdict.ts'
import type { WhatIf } from '#core/what-if.ts'
import { hostDenial } from './answer.ts'
import { type Captured, decide } from './check.ts'
import { asking } from './everyone.ts'
import type { Needs } from './needs.ts'
import type { Question } from './verbs.ts'

type Then = { readonly allowed: boolean; readonly reason: string }
/** What the policy would be shown; where that is nothing, the answer without it. */
type Look = Then & { readonly shown: string }

const id = 'preview'

/** Says how an answer turns out after the effects, where it turns. */
export type Compare = (
  before: Principal | undefined,
  after: Principal | undefined,
  question: Question,
) => Then | undefined

/**
 * Asks the same before and after. Where the policy would be shown the same both times, which is most of the time, it
 * is not asked: it is a function of what it is shown.
 */
export function createCompare(needs: Needs, { before, after }: WhatIf, bundle: ActiveBundle): Compare {
  const quiet: Needs = { ...needs, newId: () => id, record: () => undefined }
  const now = needs.now()
  let shown = ''
  const unasked: ActiveBundle = {
    ...bundle,
    evaluate(text) {
      shown = text
      return hostDenial(id, '', 403)
    },
  }
  const captured = (view: TenantView): Captured => {
    const { catalogue, revision } = view
    return { view, catalogue, bundle: unasked, now, age_ms: 0, revision, data_revision: '' }
  }
  const captures = { before: captured(before), after: captured(after) }

  function look(captured: Captured, principal: Principal | undefined, question: Question): Look {
    if (!captured.catalogue.tenant.active) return { allowed: false, reason: 'TENANT_INACTIVE', shown: '' }
    if (!principal) return { allowed: false, reason: 'SUBJECT_DELETED', shown: '' }
    shown = ''
    const { allowed, reasons } = decide(quiet, captured, { caller: asking, principal }, question)
    return { allowed, reason: reasons[0]?.code ?? '', shown }
  }

  function answer(look: Look): Then {
    if (look.shown === '') return look
    const { allowed, reasons } = bundle.evaluate(look.shown, id)
    return { allowed, reason: reasons[0]?.code ?? '' }
  }

  return (principalBefore, principalAfter, question) => {
    const was = look(captures.before, principalBefore, question)
    const is = look(captures.after, principalAfter, question)
    if (was.shown === is.shown && was.allowed === is.allowed) return undefined
    const { allowed, reason } = answer(is)
    return allowed === answer(was).allowed ? undefined : { allowed, reason }
  }
}
