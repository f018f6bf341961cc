import type { MappingDocument } from '#admin/prices.ts'
import { AppError } from '#core/errors.ts'
import type { CatalogDocument } from './documents.ts'
import type { Step } from './steps.ts'
import type { StoredVersion } from './stored.ts'

export type MappingStep = Step<MappingDocument> & {
  /** The mapping that goes: of an update the one that stands until now. */
  readonly gone?: MappingDocument
}

type Versions = ReadonlyMap<string, readonly StoredVersion[]>

/**
 * Price mappings have no key: each is known by all that it says. One that names a plan without a version follows the
 * plan, so it takes the place of that price's mapping to an older version, unless the document wants that one too.
 */
export function mappingSteps(
  { price_mappings: stored }: CatalogDocument,
  { price_mappings: wanted }: CatalogDocument,
  versions: Versions,
  published: ReadonlySet<string>,
): { readonly kept: readonly MappingStep[]; readonly unnamed: readonly MappingStep[] } {
  const exact = wanted.map((mapping) => withVersion(mapping, versions, published))
  const names = exact.map(nameOf)
  const places = exact.map(placeOf)
  const twice = places.findIndex((place, at) => places.indexOf(place) < at)
  if (twice !== -1) {
    throw new AppError('INVALID_FIELD', `The price mapping "${names[twice]}" is there twice.`, {
      field: 'external_id',
      path: pathOf(twice),
    })
  }
  const known = new Map(stored.map((mapping) => [nameOf(mapping), mapping]))
  const free = new Map([...known].filter(([name]) => !names.includes(name)))
  const kept = wanted.flatMap((mapping, at): readonly MappingStep[] => {
    const name = names[at] ?? ''
    if (known.has(name)) return []
    const step = { kind: 'price_mapping', name, fields: [], path: pathOf(at), wanted: mapping } as const
    const older =
      [...free].find(([, each]) => placeOf(each) === places[at]) ??
      (isFollowing(mapping) ? [...free].find(([, each]) => follows(mapping, each)) : undefined)
    if (!older) return [{ ...step, action: 'create' }]
    free.delete(older[0])
    const fields = (['plan', 'quantity'] as const).flatMap((field) => {
      const [before = '', after = ''] = [older[1][field], exact[at]?.[field]]
      return before === after ? [] : [{ field, before, after }]
    })
    return [{ ...step, action: 'update', fields, gone: older[1] }]
  })
  const unnamed = [...free].map(
    ([name, mapping]): MappingStep => ({
      kind: 'price_mapping',
      name,
      action: 'delete',
      fields: [],
      path: '',
      wanted: mapping,
      gone: mapping,
    }),
  )
  return { kept, unnamed }
}

/** "price price_123 → plan gold@2, seats of desk, in courses" */
export function nameOf({ match, external_id, plan, product, entitlement, ...rest }: MappingDocument): string {
  const target = plan ? `plan ${plan}` : product ? `product ${product}` : `entitlement ${entitlement}`
  const quantity = rest.quantity ? `, ${rest.quantity}${rest.pool ? ` of ${rest.pool}` : ''}` : ''
  return `${match} ${external_id} → ${target}${quantity}${rest.module ? `, in ${rest.module}` : ''}`
}

/** What is there once: of the same with another meaning of its quantity, one takes the other's place. */
function placeOf({ quantity: _, ...mapping }: MappingDocument): string {
  return `${nameOf(mapping)}${mapping.pool ? `, ${mapping.pool}` : ''}`
}

function withVersion(
  mapping: MappingDocument,
  versions: Versions,
  published: ReadonlySet<string>,
): MappingDocument {
  const { plan } = mapping
  if (!plan || plan.includes('@')) return mapping
  const all = versions.get(plan) ?? []
  const current = all.findLast(({ status }) => status === 'published')?.n
  const next = Math.max(0, ...all.map(({ n }) => n)) + 1
  return { ...mapping, plan: `${plan}@${published.has(plan) ? next : (current ?? next)}` }
}

function isFollowing({ plan }: MappingDocument): boolean {
  return plan !== undefined && !plan.includes('@')
}

function follows(wanted: MappingDocument, stored: MappingDocument): boolean {
  const samePrice = stored.match === wanted.match && stored.external_id === wanted.external_id
  const alike = stored.module === wanted.module && stored.pool === wanted.pool
  return samePrice && alike && stored.plan?.split('@')[0] === wanted.plan
}

const pathOf = (at: number) => `price_mappings[${at}]`
