import { create } from '@bufbuild/protobuf'
import { isEntitlementKey } from '#core/entitlement.ts'
import type { Json, JsonObject } from '#core/json.ts'
import type { Question, ResourceKind } from '#decide/verbs.ts'
import { ContextSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import { contextOf } from '#rpc/question.ts'
import type { Asked } from './entities.ts'
import { countAt, fieldOf, textAt, without } from './json-fields.ts'

/** Names something that no catalogue can have: denied, and there is no question to ask. */
export type Unaskable = { readonly unaskable: string }

/** What a key of its own in the context says, and no rule sees under that name. */
const ours = ['organization', 'module', 'quantity', 'at_least']
/** What says who the subject is. A token goes nowhere else. */
const naming = ['access_token', 'issuer']

const kinds: readonly string[] = ['product', 'content', 'navigation'] satisfies ResourceKind[]

export const entitlementType = 'entitlement'
/** The one action on an entitlement, content or navigation; of a product the usual one. */
export const use = 'use'

/**
 * The question of ours: products, content and navigation with the action as surface; "entitlement" with its key as id; of any
 * other type the entitlement "<type>:<action>". What is told of the entities goes to the attributes. Throws INVALID_FIELD.
 */
export function questionOf(asked: Asked): Question | Unaskable {
  const about = aboutOf(asked)
  if ('unaskable' in about) return about
  const { context } = asked
  const organization = shortText(context, 'organization', 127)
  const module = shortText(context, 'module', 63)
  const attributes = attributesOf(asked)
  return {
    ...about,
    context: contextOf(create(ContextSchema, { organization, module, attributes: attributes as never })),
    quantity: countAt(fieldOf(context, 'quantity'), 'context.quantity', 1) ?? 1,
    explain: false,
  }
}

function aboutOf({ action, resource }: Asked): Pick<Question, 'entitlement' | 'resource'> | Unaskable {
  const { type, id } = resource
  if (kinds.includes(type)) {
    if (id.length > 127) return { unaskable: type === 'product' ? 'PRODUCT_UNKNOWN' : 'RESOURCE_UNKNOWN' }
    if (!isEntitlementKey(action.name)) return { unaskable: 'ACTION_UNKNOWN' }
    return { entitlement: action.name, resource: { kind: type as ResourceKind, id } }
  }
  if (type === entitlementType && action.name !== use) return { unaskable: 'ACTION_UNKNOWN' }
  const key = type === entitlementType ? id : `${type}:${action.name}`
  return isEntitlementKey(key) ? { entitlement: key } : { unaskable: 'ENTITLEMENT_UNKNOWN' }
}

/** The last of a name stands: what an entity is comes after all that is told of it. */
function attributesOf({ subject, action, resource, context }: Asked): JsonObject {
  return Object.fromEntries([
    ...Object.entries(without(context, ...ours)),
    ...prefixed('subject', without(subject.properties, ...naming)),
    ...prefixed('action', action.properties),
    ...prefixed('resource', resource.properties),
    ['action.name', action.name],
    ['resource.type', resource.type],
    ...(resource.id === '' ? [] : [['resource.id', resource.id] as const]),
  ])
}

function prefixed(entity: string, properties: JsonObject): readonly (readonly [string, Json])[] {
  return Object.entries(properties).map(([name, value]) => [`${entity}.${name}`, value])
}

function shortText(context: JsonObject, name: string, most: number): string {
  const value = fieldOf(context, name)
  if (value === undefined) return ''
  const text = textAt(value, `context.${name}`)
  if (text.length > most) throw invalidField(`context.${name}`, 'string.max_len')
  return text
}
