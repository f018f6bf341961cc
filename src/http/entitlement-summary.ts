import { toJson } from '@bufbuild/protobuf'
import { ValueSchema } from '@bufbuild/protobuf/wkt'
import type { Entitlement } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import type { GrantDocument } from './grant-document.ts'

/**
 * A person at one look (S004-32): live grants of their own, and what all of it adds up to in credits. `used` is null
 * where nothing counts it; `available` is null where it is unlimited.
 */
export function entitlementSummary(grants: readonly GrantDocument[], held: readonly Entitlement[]) {
  const active = grants.filter(({ is_active }) => is_active)
  const credits: Record<string, { readonly available: number | null; readonly used: number | null }> = {}
  for (const { key, kind, value } of held) {
    if (kind !== 'credit') continue
    const amount = value && toJson(ValueSchema, value)
    credits[key] = { available: typeof amount === 'number' ? amount : null, used: null }
  }
  return {
    active_count: active.length,
    has_active_subscription: active.some(({ entitlement_type }) => entitlement_type === 'SUBSCRIPTION'),
    by_type: Object.fromEntries(
      Object.entries(Object.groupBy(active, ({ entitlement_type }) => entitlement_type)).map(
        ([type, some]) => [type, some?.length ?? 0],
      ),
    ),
    credits,
  }
}
