import type { Principal } from '#core/principal.ts'
import type { Caller, TenantView } from '#core/tenant-view.ts'
import type { QuestionContext } from './verbs.ts'

/** Asks on nobody's behalf, for codes only. */
export const asking: Caller = { id: '', name: 'preview', kind: 'key', roles: ['gateway'] }

/** A subject as its rows alone tell of it: nothing that only a token says. Undefined for one without a live row. */
export function principalOf(view: TenantView, subject: string): Principal | undefined {
  const row = view.subject(subject)
  if (!row || row.deleted) return undefined
  const claims = { roles: [], entitlements: [], attributes: {} }
  return { tenant: view.id, subject, id: `sub_${subject}`, kind: row.kind, claims }
}

/**
 * The organizations in which an answer about a subject may be another one: those they are in, all above these, and
 * those in which alone a right of theirs counts.
 */
export function placesOf(view: TenantView, subject: string): ReadonlySet<string> {
  const places = new Set<string>()
  for (const { organization } of view.memberships(subject))
    for (const id of view.organization(organization)?.path ?? []) places.add(id)
  for (const { scope } of view.grants(subject, () => true)) if (scope !== undefined) places.add(scope)
  return places
}

/** Every context worth asking in: without an organization first, and in the default module first. */
export function* contextsOf(view: TenantView, places: Iterable<string>): Iterable<QuestionContext> {
  const { tenant, modules } = view.catalogue
  const others = [...modules.keys()].filter((key) => key !== tenant.default_module)
  const attributes = {}
  for (const organization of [undefined, ...places]) {
    const place = organization === undefined ? {} : { organization }
    yield { ...place, attributes }
    for (const module of others) yield { ...place, module, attributes }
  }
}
