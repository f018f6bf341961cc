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
  const quiet: Needs = { ...needs, newId: () => 'preview', record: () => undefined }
  const now = needs.now()
  let shown = ''
  const unasked: ActiveBundle = {
    ...bundle,
    evaluate(text, id) {
      shown = text
      return hostDenial(id, '', 403)
    },
  }
  const captured = (view: TenantView, by: ActiveBundle): Captured => {
    const { catalogue, revision } = view
    return { view, catalogue, bundle: by, now, age_ms: 0, revision, data_revision: '' }
  }
  const asked = { before: captured(before, bundle), after: captured(after, bundle) }
  const looked = { before: captured(before, unasked), after: captured(after, unasked) }

  function answer(captures: Captured, principal: Principal | undefined, question: Question): Then {
    if (!captures.catalogue.tenant.active) return { allowed: false, reason: 'TENANT_INACTIVE' }
    if (!principal) return { allowed: false, reason: 'SUBJECT_DELETED' }
    const { allowed, reasons } = decide(quiet, captures, { caller: asking, principal }, question)
    return { allowed, reason: reasons[0]?.code ?? '' }
  }

  function look(captures: Captured, principal: Principal | undefined, question: Question): string {
    shown = ''
    const { allowed, reason } = answer(captures, principal, question)
    return `${allowed} ${reason} ${shown}`
  }

  return (principalBefore, principalAfter, question) => {
    const same =
      look(looked.before, principalBefore, question) === look(looked.after, principalAfter, question)
    if (same) return undefined
    const then = answer(asked.after, principalAfter, question)
    return then.allowed === answer(asked.before, principalBefore, question).allowed ? undefined : then
  }
}
