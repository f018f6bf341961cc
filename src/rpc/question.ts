import type { Question, QuestionContext, ResourceKind } from '#decide/verbs.ts'
import type { CheckRequest, Context } from '#gen/vouchsafe/v1/decision_pb.ts'
import { boundedAttributes } from './attributes.ts'

/** As answers show it; the snapshot knows the bare UUID. */
const shownOrganization = /^org_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/
const noContext: QuestionContext = { attributes: {} }

export function contextOf(context: Context | undefined): QuestionContext {
  if (context === undefined) return noContext
  const { organization, module } = context
  return {
    ...(organization !== '' && { organization: shownOrganization.exec(organization)?.[1] ?? organization }),
    ...(module !== '' && { module }),
    attributes: boundedAttributes(context.attributes),
  }
}

/** The question of a validated request. */
export function questionOf(request: CheckRequest, explain = request.explain): Question {
  const { resource, quantity } = request
  return {
    entitlement: request.entitlement,
    ...(resource && { resource: { kind: resource.kind as ResourceKind, id: resource.id } }),
    context: contextOf(request.context),
    quantity: quantity === 0n ? 1 : Number(quantity),
    explain,
  }
}
