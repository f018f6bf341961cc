import type { Catalogue } from '#core/catalogue.ts'
import { AppError } from '#core/errors.ts'
import type { InputDocument } from '#core/input.ts'
import type { JsonObject } from '#core/json.ts'
import type { TenantView } from '#core/tenant-view.ts'
import type { ActiveBundle, Verdict } from '#core/verdict.ts'
import { hostDenial, maySeeDetails, maySeeInput, shownFixes, shownReasons } from './answer.ts'
import { boundPast } from './bound-past.ts'
import { evidenceFor } from './evidence.ts'
import { fallbackOf } from './fallback.ts'
import type { Gathered } from './gather.ts'
import { gather } from './gather.ts'
import { inputDocument, neededKeys, wantedTargets } from './input-document.ts'
import type { Needs } from './needs.ts'
import { revisionText } from './revision-text.ts'
import { resolveTarget } from './target.ts'
import { tierOf } from './tier.ts'
import type { Answer, Asker, Check, Question } from './verbs.ts'

/** What one request captured: it sees exactly one bundle and one revision. */
export type Captured = {
  readonly view: TenantView
  readonly catalogue: Catalogue
  readonly bundle: ActiveBundle
  readonly now: number
  readonly age_ms: number
  readonly revision: number
  readonly data_revision: string
  /** What is held, where it was gathered for many questions at once. */
  readonly gathered?: Gathered
}

/** Captures the bundle and the tenant's view. Throws AppError NOT_READY or TENANT_MISMATCH. */
export function capture(needs: Needs, tenant: string): Captured {
  const bundle = needs.bundle()
  if (!bundle) throw new AppError('NOT_READY', 'No policy bundle is active yet.')
  const age = needs.snapshot.ageMs()
  if (age === Number.POSITIVE_INFINITY) throw new AppError('NOT_READY', 'The snapshot is not loaded yet.')
  const view = needs.snapshot.tenant(tenant)
  if (!view?.catalogue.tenant.active)
    throw new AppError('TENANT_MISMATCH', 'The tenant is unknown or not yours.')
  return {
    view,
    catalogue: view.catalogue,
    bundle,
    now: needs.now(),
    age_ms: age,
    revision: view.revision,
    data_revision: revisionText(view),
  }
}

/** The verb Check: pure reading of memory, no await. */
export function createCheck(needs: Needs): Check {
  return (asker, question) => decide(needs, capture(needs, asker.principal.tenant), asker, question)
}

/** Answers one question from what was captured, and journals it. */
export function decide(needs: Needs, captured: Captured, asker: Asker, question: Question): Answer {
  const decisionId = needs.newId()
  const { catalogue, bundle, age_ms } = captured
  const target = resolveTarget(captured.view, question)
  if ('unknown' in target) {
    const verdict = hostDenial(decisionId, target.unknown, target.deny_as, { asked: question.entitlement })
    return finish(needs, captured, asker, question, verdict, { deny_as: target.deny_as })
  }

  const fallback = fallbackOf(target.definition.fail_mode, age_ms, needs.hardStalenessMs)
  if (fallback === 'open' || fallback === 'closed') {
    const code = fallback === 'open' ? 'FAIL_OPEN' : 'SNAPSHOT_TOO_OLD'
    const verdict = { ...hostDenial(decisionId, code, 403), allowed: fallback === 'open' }
    return finish(needs, captured, asker, question, verdict, { deny_as: 403, fallback })
  }

  const { principal } = asker
  const keys = neededKeys(target)
  const gathered =
    captured.gathered ??
    gather(
      captured.view,
      principal,
      target.module?.key,
      target.organization,
      wantedTargets(catalogue, keys),
      captured.now,
    )
  const tier = tierOf(catalogue, principal, gathered, captured.now)
  const input = inputDocument(
    decisionId,
    captured,
    {
      catalogue,
      principal,
      gathered,
      tier,
      target,
      attributes: question.context.attributes,
      quantity: question.quantity,
      explain: question.explain,
    },
    boundPast(evidenceFor(catalogue, principal, gathered, keys, captured.now), captured.now),
  )
  const verdict = bundle.evaluate(JSON.stringify(input), decisionId)
  return finish(needs, captured, asker, question, verdict, {
    deny_as: target.deny_as,
    input,
    ...(tier && { tier: tier.key }),
    ...(fallback && { fallback }),
  })
}

type Ending = {
  readonly deny_as: number
  readonly tier?: string
  readonly input?: InputDocument
  readonly fallback?: NonNullable<Answer['fallback']>
}

function finish(
  needs: Needs,
  captured: Captured,
  asker: Asker,
  question: Question,
  verdict: Verdict,
  ending: Ending,
): Answer {
  const { bundle, age_ms } = captured
  const { subject } = asker.principal
  const answer: Answer = {
    allowed: verdict.allowed,
    reasons: shownReasons(captured, asker.caller, verdict.reasons),
    ...(verdict.value !== undefined && { value: verdict.value }),
    ...(ending.tier !== undefined && { tier: ending.tier }),
    ...(verdict.expires_at !== undefined && { expires_at: verdict.expires_at }),
    deny_as: verdict.allowed ? 0 : (verdict.deny_as ?? ending.deny_as),
    fix: verdict.fix.length === 0 ? [] : shownFixes(captured, asker.caller, verdict.fix),
    obligations: verdict.obligations,
    data_revision: captured.data_revision,
    bundle_revision: bundle.revision,
    snapshot_age_ms: age_ms,
    stale: age_ms > needs.softStalenessMs,
    ...(ending.fallback && { fallback: ending.fallback }),
    decision_id: verdict.question_id,
    ...(subject !== undefined && { subject_id: `sub_${subject}` }),
    ...(verdict.evidence && maySeeDetails(asker.caller) && { evidence: verdict.evidence }),
    ...(question.explain &&
      ending.input &&
      maySeeInput(asker.caller) && { input: ending.input as unknown as JsonObject }),
  }
  needs.record({
    at: captured.now,
    asker,
    question,
    verdict,
    answer,
    ...(ending.input && { input: ending.input }),
  })
  return answer
}
