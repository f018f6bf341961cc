import type { JsonObject } from '#core/json.ts'
import { fieldOf, objectAt, textAt } from './json-fields.ts'

/** A subject or resource. What is searched for has no id. */
export type Entity = { readonly type: string; readonly id: string; readonly properties: JsonObject }
export type Action = { readonly name: string; readonly properties: JsonObject }

/** One question as AuthZEN puts it. */
export type Asked = {
  readonly subject: Entity
  readonly action: Action
  readonly resource: Entity
  readonly context: JsonObject
}

/** Throws INVALID_FIELD for what is missing or of the wrong type. */
export function askedOf(body: JsonObject): Asked {
  return {
    subject: entityOf(body, 'subject'),
    action: actionOf(body),
    resource: entityOf(body, 'resource'),
    context: optionalObject(body, 'context'),
  }
}

export function entityOf(body: JsonObject, name: 'subject' | 'resource'): Entity {
  const entity = objectAt(fieldOf(body, name), name)
  const type = textAt(fieldOf(entity, 'type'), `${name}.type`)
  const id = textAt(fieldOf(entity, 'id'), `${name}.id`)
  return { type, id, properties: optionalObject(entity, 'properties', `${name}.properties`) }
}

/** Of what is searched for: an id beside it is not looked at. */
export function searchedOf(body: JsonObject, name: 'subject' | 'resource'): Entity {
  const entity = objectAt(fieldOf(body, name), name)
  const type = textAt(fieldOf(entity, 'type'), `${name}.type`)
  return { type, id: '', properties: optionalObject(entity, 'properties', `${name}.properties`) }
}

export function actionOf(body: JsonObject): Action {
  const action = objectAt(fieldOf(body, 'action'), 'action')
  const name = textAt(fieldOf(action, 'name'), 'action.name')
  return { name, properties: optionalObject(action, 'properties', 'action.properties') }
}

export function optionalObject(body: JsonObject, name: string, path = name): JsonObject {
  const value = fieldOf(body, name)
  return value === undefined ? {} : objectAt(value, path)
}
