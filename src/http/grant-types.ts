import type { MessageInitShape } from '@bufbuild/protobuf'
import type { TargetSchema } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import type { JsonBody } from './json-body.ts'

type Target = MessageInitShape<typeof TargetSchema>
type TargetOf = (body: JsonBody) => Target

const entitlement = (value: string): Target => ({ target: { case: 'entitlement', value } })
const product = (value: string): Target => ({ target: { case: 'product', value } })
const plan = (value: string): Target => ({ target: { case: 'plan', value } })

/** The eight types of S004-23, as what is given here. */
export const grantTypes = {
  SUBSCRIPTION(body) {
    body.required('subscription_id')
    return plan(body.required('tier_id'))
  },
  PRODUCT_ACCESS: (body) => product(body.required('product_id')),
  CREDIT_GRANT: (body) => entitlement(body.required('credit_type')),
  FEATURE_UNLOCK: (body) => entitlement(body.required('entitlement')),
  TIER_ACCESS: (body) => plan(body.required('tier_id')),
  API_ACCESS: (body) => entitlement(body.text('entitlement') || 'api_access'),
  USAGE_ALLOWANCE: (body) => entitlement(body.text('credit_type') || body.required('entitlement')),
  TEMPORARY_ACCESS(body) {
    if (body.instant('expires_at') === undefined) throw invalidField('expires_at', 'required')
    const key = body.text('product_id')
    return key ? product(key) : entitlement(body.required('entitlement'))
  },
} as const satisfies Readonly<Record<string, TargetOf>>

export type GrantType = keyof typeof grantTypes

/** Whose `quantity` is a value; without one they are unlimited. */
const counted: readonly GrantType[] = ['CREDIT_GRANT', 'USAGE_ALLOWANCE']

/** The reasons of S004-26, as sources here. A subscription that Stripe keeps is Stripe's own, and not made here. */
export const reasonSources = {
  promotion: 'promotion',
  bonus: 'promotion',
  trial: 'trial',
  manual: 'admin',
  enterprise_contract: 'contract',
  subscription: 'purchase',
  purchase: 'purchase',
  subscription_cancelled: 'admin',
} as const

export type GrantReason = keyof typeof reasonSources

export function typeOf(body: JsonBody): GrantType {
  const type = body.required('entitlement_type')
  if (!Object.hasOwn(grantTypes, type)) throw invalidField('entitlement_type', 'string.in')
  return type as GrantType
}

export function reasonOf(body: JsonBody): GrantReason {
  const reason = body.required('grant_reason')
  if (!Object.hasOwn(reasonSources, reason)) throw invalidField('grant_reason', 'string.in')
  return reason as GrantReason
}

/** A number, "unlimited", or nothing for what has no quantity. */
export function quantityOf(type: GrantType, body: JsonBody): number | 'unlimited' | undefined {
  const quantity = body.count('quantity')
  if (counted.includes(type)) return quantity ?? 'unlimited'
  if (quantity !== undefined && type !== 'API_ACCESS') throw invalidField('quantity', 'absent')
  return quantity
}
