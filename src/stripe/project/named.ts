import type { Alert } from '#stripe/wanted.ts'
import type { Right, Rights } from './rights.ts'

/**
 * Where a checkout's metadata names one entitlement, it alone of the mapped entitlements is given; plans and products
 * are not meant by it. What the price map does not allow is not given, however it is named: then there is nothing.
 */
export function onlyNamed<T extends Rights>(
  parts: readonly T[],
  named: string | undefined,
  about: string,
): { readonly parts: readonly T[]; readonly alerts: readonly Alert[] } {
  if (named === undefined) return { parts, alerts: [] }
  const isNamed = ({ mapping }: Right) => mapping.entitlement_key === named
  if (!parts.some(({ rights }) => rights.some(isNamed)))
    return { parts: [], alerts: [{ code: 'ENTITLEMENT_NOT_MAPPED', about }] }
  const meant = (right: Right) => right.mapping.entitlement_id === undefined || isNamed(right)
  return { parts: parts.map((part) => ({ ...part, rights: part.rights.filter(meant) })), alerts: [] }
}
