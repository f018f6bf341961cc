import { AppError } from '#core/errors.ts'
import type { Principal } from '#core/principal.ts'
import type { Caller } from '#core/tenant-view.ts'
import type { Asker } from '#decide/verbs.ts'
import type { Subject, Principal as SubjectName } from '#gen/vouchsafe/v1/decision_pb.ts'
import type { NamedPrincipal } from '#identity/principal.ts'
import { authorize } from './authorize.ts'
import type { CallOrigin } from './call.ts'
import { andThen, type Maybe } from './maybe.ts'
import type { RpcNeeds } from './needs.ts'
import { askersOnBehalf } from './roles.ts'

type Needs = Pick<RpcNeeds, 'principalOfToken' | 'principalOfName' | 'tenantOf'>

/**
 * Whom a question is about, and in which tenant. A token is verified and nothing beside it is believed;
 * a principal without one is taken only from callers that may ask on behalf.
 */
export function askerOf(
  needs: Needs,
  { caller, door, verb, trace_id }: CallOrigin,
  subject: Subject | undefined,
  tenant: string,
): Maybe<Asker> {
  const origin = { caller, door, verb, ...(trace_id !== undefined && { trace_id }) }
  const said = subject?.subject
  if (said?.case === 'accessToken') {
    return andThen(needs.principalOfToken(said.value, caller), (principal) => {
      needs.tenantOf(caller, { tokenTenant: principal.tenant, named: tenant })
      return { ...origin, principal }
    })
  }
  if (said?.case === 'principal') {
    authorize(caller, { roles: askersOnBehalf })
    return { ...origin, principal: namedPrincipal(needs, caller, said.value, tenant) }
  }
  throw new AppError('INVALID_FIELD', 'subject: name exactly one.', { field: 'subject', rule: 'required' })
}

function namedPrincipal(needs: Needs, caller: Caller, name: SubjectName, tenant: string): Principal {
  return needs.principalOfName(oneName(name), needs.tenantOf(caller, { named: tenant }))
}

/** By id, or by issuer and subject. Throws AppError INVALID_FIELD. */
export function oneName({ id, issuer, subject }: SubjectName): NamedPrincipal {
  const byProvider = issuer !== '' && subject !== ''
  if (id !== '' && issuer === '' && subject === '') return { id }
  if (id === '' && byProvider) return { issuer, subject }
  const text = 'subject.principal: name either the id, or issuer and subject.'
  throw new AppError('INVALID_FIELD', text, { field: 'subject.principal', rule: 'one_name' })
}
