import type { Principal } from '#core/principal.ts'
import type { TenantView } from '#core/tenant-view.ts'
import type { Captured } from './check.ts'
import { gather } from './gather.ts'
import type { QuestionContext } from './verbs.ts'

/**
 * Captures all that a principal holds, for verbs that ask many questions and yield in between:
 * the live view may move on, what was captured does not.
 */
export function gatherAll(captured: Captured, principal: Principal, context: QuestionContext): Captured {
  const { view, catalogue } = captured
  const named = context.organization
  const organization = named === undefined ? undefined : view.organization(named)
  const module = context.module ?? catalogue.tenant.default_module
  const gathered = gather(view, principal, module, organization, () => true, captured.now)
  const frozen: TenantView = {
    ...pick(view),
    catalogue,
    routes: view.routes,
    organization: (idOrKey) => (idOrKey === named ? organization : undefined),
    subjectOf: () => undefined,
    subject: () => undefined,
    grants: () => [],
    memberships: () => [],
    seats: () => [],
    seatPool: () => undefined,
    facts: () => ({}),
    experiments: () => ({}),
  }
  return { ...captured, view: frozen, gathered }
}

function pick({
  id,
  epoch,
  revision,
  chain,
}: TenantView): Pick<TenantView, 'id' | 'epoch' | 'revision' | 'chain'> {
  return { id, epoch, revision, chain }
}
