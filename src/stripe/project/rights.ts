import type { Mapping, Rules } from '#stripe/rules.ts'
import type { Sold } from '#stripe/state.ts'
import type { Alert, WantedGrant } from '#stripe/wanted.ts'

/** What a grant says beside its source and its window. */
export type Terms = Pick<
  WantedGrant,
  'plan_version_id' | 'product_id' | 'entitlement_id' | 'module' | 'pool' | 'quantity' | 'value'
>

export type Right = { readonly mapping: Mapping; readonly terms: Terms }
export type Rights = { readonly rights: readonly Right[]; readonly alerts: readonly Alert[] }

/** What something sold gives: all that its price, its lookup key and its product are mapped to. Of nothing nothing. */
export function rightsOf(sold: Sold, rules: Rules): Rights {
  const mappings = rules.mappings.filter((mapping) => isOf(mapping, sold))
  if (mappings.length === 0) return { rights: [], alerts: [{ code: 'PRICE_UNMAPPED', about: sold.price }] }
  const bought = mappings.filter(({ pool }) => pool !== undefined || sold.quantity !== 0)
  return fitting(bought, sold.price, sold.quantity, rules)
}

/** What these mappings give to this holder. `about`: the price or the feature. */
export function fitting(
  mappings: readonly Mapping[],
  about: string,
  quantity: number | undefined,
  rules: Rules,
): Rights {
  const rights: Right[] = []
  const alerts: Alert[] = []
  for (const mapping of mappings) {
    const code = unfit(mapping, rules)
    if (code) alerts.push({ code, about })
    else rights.push({ mapping, terms: termsOf(mapping, quantity) })
  }
  return { rights, alerts }
}

function isOf(
  { match, external_id }: Mapping,
  { price, product, lookup_key, former_keys = [] }: Sold,
): boolean {
  if (match === 'price') return external_id === price
  if (match === 'product') return external_id === product
  return match === 'lookup_key' && (external_id === lookup_key || former_keys.includes(external_id))
}

function unfit({ pool, holder }: Mapping, { organization }: Rules): Alert['code'] | undefined {
  if (pool !== undefined && !organization) return 'SEATS_NEED_ORGANIZATION'
  if (holder !== undefined && (holder === 'organization') !== organization) return 'HOLDER_UNFIT'
  return undefined
}

// What says no number (a metered price) was bought no time.
function termsOf(mapping: Mapping, bought = 0): Terms {
  const { plan_version_id, product_id, entitlement_id, module, pool, quantity } = mapping
  return {
    ...(plan_version_id !== undefined && { plan_version_id }),
    ...(product_id !== undefined && { product_id }),
    ...(entitlement_id !== undefined && { entitlement_id }),
    ...(module !== undefined && { module }),
    ...(pool !== undefined && { pool }),
    ...(quantity === 'seats' && { quantity: bought }),
    ...(quantity === 'value' && { value: bought }),
  }
}
