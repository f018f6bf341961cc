import { AppError } from '#core/errors.ts'
import type { Preview, PreviewFlip } from '#core/preview.ts'
import type { TenantView } from '#core/tenant-view.ts'
import type { WhatIf } from '#core/what-if.ts'
import { allOf, type Bearing, bearingOfCatalogues, bearingOfTargets } from './bearing.ts'
import { createCompare } from './compare.ts'
import { contextsOf, placesOf, principalOf } from './everyone.ts'
import type { Needs } from './needs.ts'
import type { Question } from './verbs.ts'

export type PreviewOf = (what: WhatIf) => Promise<Preview>

/** Answers compared, or subjects passed by, before other work may run: about a millisecond's worth. */
const chunk = 8
const most = { flips: 1000, compared: 200_000 }

/**
 * Asks everybody whom the effects may bear on what they may bear on, as it is and as it would be: the same evaluation
 * as Check. Throws AppError NOT_READY.
 */
export function createPreview(needs: Needs, limits = most): PreviewOf {
  return async (what) => {
    const bundle = needs.bundle()
    if (!bundle) throw new AppError('NOT_READY', 'No policy bundle is active yet.')
    const compare = createCompare(needs, what, bundle)
    const bearingOn = bearings(what)
    const flips: PreviewFlip[] = []
    const counts = { gained: 0, lost: 0, compared: 0 }
    const result = (partial: boolean): Preview => ({ ...counts, flips, partial })
    let steps = 0
    for (const subject of bearingOn.subjects()) {
      if (++steps % chunk === 0) await needs.breathe()
      const places = new Set([...placesOf(what.before, subject), ...placesOf(what.after, subject)])
      const before = principalOf(what.before, subject)
      const after = principalOf(what.after, subject)
      if (!before && !after) continue
      for (const question of questionsOf(what, bearingOn.keys(subject, places), places)) {
        if (counts.compared === limits.compared) return result(true)
        if (++steps % chunk === 0) await needs.breathe()
        counts.compared++
        const then = compare(before, after, question)
        if (!then) continue
        if (then.allowed) counts.gained++
        else counts.lost++
        if (flips.length < limits.flips) flips.push(flipOf(subject, question, then))
      }
    }
    return result(false)
  }
}

/** Whom to ask, and of each what. */
function bearings(what: WhatIf) {
  const { before, after, touched } = what
  const catalogues = [before.catalogue, after.catalogue]
  const everybody = bearingOfCatalogues(before.catalogue, after.catalogue)
  const ofHolder = new Map<string, Bearing>()
  let isSubjectsAlone = everybody !== 'all' && everybody.size === 0
  for (const [holder, targets] of touched) {
    ofHolder.set(holder, bearingOfTargets(catalogues, targets))
    if (before.organization(holder) || after.organization(holder)) isSubjectsAlone = false
  }
  const all = allOf(catalogues)
  return {
    subjects: (): Iterable<string> => (isSubjectsAlone ? touched.keys() : what.subjects()),
    keys(subject: string, places: ReadonlySet<string>): ReadonlySet<string> {
      let keys = everybody
      for (const holder of [subject, ...places]) {
        const more = ofHolder.get(holder)
        if (more === 'all' || keys === 'all') return all
        if (more) keys = keys.union(more)
      }
      return keys === 'all' ? all : keys
    },
  }
}

function* questionsOf(
  { before, after }: WhatIf,
  keys: ReadonlySet<string>,
  places: ReadonlySet<string>,
): Iterable<Question> {
  if (keys.size === 0) return
  const contexts = [...contextsOf(after, places)]
  for (const key of keys) {
    for (const asked of askedBy([before, after], key))
      for (const context of contexts) yield { ...asked, context, quantity: 1, explain: false }
  }
}

/** The surfaces of a product that differ from each other; one question for anything else. */
function askedBy(
  views: readonly TenantView[],
  key: string,
): readonly Pick<Question, 'entitlement' | 'resource'>[] {
  const [, kind, id = ''] = /^(product|content|navigation):(.*)$/.exec(key) ?? []
  if (kind === undefined) return [{ entitlement: key }]
  if (kind !== 'product')
    return [{ entitlement: 'view', resource: { kind: kind as 'content' | 'navigation', id } }]
  const surfaces = new Set(['use'])
  for (const { catalogue } of views)
    for (const surface of catalogue.products.get(id)?.surfaces.keys() ?? []) surfaces.add(surface)
  return [...surfaces].map((entitlement) => ({ entitlement, resource: { kind: 'product', id } }))
}

function flipOf(
  subject: string,
  { entitlement, resource, context }: Question,
  then: Pick<PreviewFlip, 'allowed' | 'reason'>,
): PreviewFlip {
  const { organization, module } = context
  return {
    subject: `sub_${subject}`,
    entitlement,
    ...(resource?.kind === 'product' && { product: resource.id }),
    ...(resource && resource.kind !== 'product' && { resource: `${resource.kind}:${resource.id}` }),
    ...(organization !== undefined && { organization: `org_${organization}` }),
    ...(module !== undefined && { module }),
    ...then,
  }
}
