import type { JsonObject } from '#core/json.ts'
import type { Ask } from './door.ts'

/** The question as AuthZEN puts it. */
export function evaluationOf({
  token,
  entitlement,
  resource,
  attributes,
  quantity,
  ...ask
}: Ask): JsonObject {
  return {
    subject: { type: 'user', id: 'whoever bears it', properties: { access_token: token } },
    action: { name: resource ? entitlement : 'use' },
    resource: resource ? { type: resource.kind, id: resource.id } : { type: 'entitlement', id: entitlement },
    context: { ...attributes, ...placeOf(ask), ...(quantity !== undefined && { quantity }) },
  }
}

/** The question as a client of OPA puts it. */
export function inputOf({
  token,
  entitlement,
  resource,
  attributes = {},
  quantity = 1,
  ...ask
}: Ask): JsonObject {
  const context = { ...placeOf(ask), attributes }
  return { token, entitlement, ...(resource && { resource }), quantity, context }
}

function placeOf({ organization, module }: Pick<Ask, 'organization' | 'module'>): JsonObject {
  return { ...(organization !== undefined && { organization }), ...(module !== undefined && { module }) }
}
