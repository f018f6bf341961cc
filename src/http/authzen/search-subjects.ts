import type { JsonObject } from '#core/json.ts'
import type { Role, TenantView } from '#core/tenant-view.ts'
import { authorize } from '#rpc/authorize.ts'
import { actionOf, entityOf, optionalObject, searchedOf } from './entities.ts'
import { awaitDemanded, type Exchange } from './exchange.ts'
import type { AuthzenNeeds } from './parts.ts'
import { questionOf } from './question-of.ts'
import { answerSearch, type Search } from './search.ts'
import { isSubjectType, issuerOf, issuersOf } from './subject-of.ts'

/** It names people: for services of ours only, no gateway and nobody's own browser. */
const internal: readonly Role[] = ['operator', 'tenant_admin', 'service', 'worker', 'auditor']

/** POST /access/v1/search/subject: by what the rows tell of each subject, not by a token. */
export async function searchSubjects(needs: AuthzenNeeds, exchange: Exchange, body: JsonObject) {
  authorize(exchange.ctx.caller, { roles: internal })
  const asked = {
    subject: searchedOf(body, 'subject'),
    action: actionOf(body),
    resource: entityOf(body, 'resource'),
    context: optionalObject(body, 'context'),
  }
  await awaitDemanded(needs, exchange, [asked.context])
  const { type, properties } = asked.subject
  const issuer = issuerOf(properties)
  const question = questionOf(asked)
  const view = exchange.tenant()
  const find = async (at?: number) => {
    if (!isSubjectType(type) || 'unaskable' in question) throw new Error('Nobody was to be asked about.')
    const { subjects, ...rest } = await needs.authzen.whoMay(view.id, type, question, at)
    const names = namesOf(needs, view, issuer)
    return { ...rest, names: subjects.map((subject) => names.get(subject) ?? `sub_${subject}`) }
  }
  const search: Search = {
    kind: 'subject',
    asked,
    find: isSubjectType(type) && !('unaskable' in question) ? find : undefined,
    show: (id) => ({ type, id }),
  }
  return answerSearch(needs, exchange, body, search)
}

/** Each name by which an evaluation would find the subject: that of the issuer named, or of the tenant's only one. */
function namesOf(needs: AuthzenNeeds, view: TenantView, issuer: string | undefined): Map<string, string> {
  const names = new Map<string, string>()
  const issuers = issuersOf(view)
  const iss = issuer ?? (issuers.length === 1 ? issuers[0] : undefined)
  if (iss === undefined) return names
  for (const [subject, name] of needs.authzen.people(view.id)?.names(iss) ?? []) {
    const other = names.get(subject)
    // A name that could be one of our ids is none to ask by.
    if (!name.startsWith('sub_') && (other === undefined || name < other)) names.set(subject, name)
  }
  return names
}
