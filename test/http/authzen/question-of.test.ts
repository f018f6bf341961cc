import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from '#core/json.ts'
import { askedOf } from '#http/authzen/entities.ts'
import { questionOf } from '#http/authzen/question-of.ts'

const subject = { type: 'user', id: 'alice' }
const asks = (action: string, type: string, id: string, context: JsonObject = {}) =>
  questionOf(askedOf({ subject, action: { name: action }, resource: { type, id }, context }))

test.each([
  ['download', 'product', 'runner', { entitlement: 'download', resource: { kind: 'product', id: 'runner' } }],
  ['use', 'content', 'lesson/1', { entitlement: 'use', resource: { kind: 'content', id: 'lesson/1' } }],
  ['use', 'navigation', 'home', { entitlement: 'use', resource: { kind: 'navigation', id: 'home' } }],
  ['use', 'entitlement', 'docs', { entitlement: 'docs' }],
  ['use', 'entitlement', 'track:one', { entitlement: 'track:one' }],
  ['read', 'record', 'Any Id', { entitlement: 'record:read' }],
])('S003-7 S003-8 S003-9 "%s" on %s %s has its question', (action, type, id, question) => {
  const { entitlement, resource } = asks(action, type, id) as Exclude<
    ReturnType<typeof asks>,
    { unaskable: string }
  >
  expect({ entitlement, ...(resource && { resource }) }).toEqual(question)
})

test.each([
  ['read', 'entitlement', 'docs', 'ACTION_UNKNOWN'],
  ['Use It', 'product', 'runner', 'ACTION_UNKNOWN'],
  ['use', 'product', 'x'.repeat(128), 'PRODUCT_UNKNOWN'],
  ['use', 'content', 'x'.repeat(128), 'RESOURCE_UNKNOWN'],
  ['use', 'entitlement', 'Not A Key', 'ENTITLEMENT_UNKNOWN'],
  ['read', 'Record', 'x', 'ENTITLEMENT_UNKNOWN'],
  ['read:all', 'record', 'x', 'ENTITLEMENT_UNKNOWN'],
  ['read', 'record:all', 'x', 'ENTITLEMENT_UNKNOWN'],
  ['read', '__proto__', 'x', 'ENTITLEMENT_UNKNOWN'],
])('V2 "%s" on %s names nothing that a catalogue can have', (action, type, id, unaskable) => {
  expect(asks(action, type, id)).toEqual({ unaskable })
})

test('the context and the properties are attributes, under their names', () => {
  const context = { organization: 'org_x', module: 'learn', quantity: 3, at_least: 'r', country: 'DE' }
  const asked = askedOf({
    subject: { ...subject, properties: { role: 'admin', access_token: 'secret', issuer: 'https://id' } },
    action: { name: 'delete', properties: { soft: true, name: 'read' } },
    resource: { type: 'record', id: 'r-1', properties: { status: 'active', id: 'r-2', type: 'other' } },
    context: { ...context, 'resource.status': 'archived', 'resource.id': 'r-3' },
  })
  expect(questionOf(asked)).toEqual({
    entitlement: 'record:delete',
    quantity: 3,
    explain: false,
    context: {
      organization: 'org_x',
      module: 'learn',
      attributes: {
        country: 'DE',
        'subject.role': 'admin',
        'action.soft': true,
        'action.name': 'delete',
        'resource.status': 'active',
        'resource.type': 'record',
        'resource.id': 'r-1',
      },
    },
  })
})

test.each([
  { organization: 1 },
  { organization: '' },
  { organization: 'x'.repeat(128) },
  { module: null },
  { module: 'x'.repeat(64) },
  { quantity: 0 },
  { quantity: '1' },
  { quantity: 2 ** 53 },
  Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`a${n}`, n])),
])('what the context says of us is refused where it is malformed: %j', (context) => {
  expect(() => asks('read', 'record', 'r', context as JsonObject)).toThrow(
    expect.objectContaining({ code: 'INVALID_FIELD' }),
  )
})

test('V57 no body reaches a prototype, and what is no question is INVALID_FIELD', () => {
  const json = fc.jsonValue({ maxDepth: 3 })
  const junk = fc.oneof(json, fc.record({ type: json, id: json, name: json, properties: json }))
  fc.assert(
    fc.property(junk, junk, junk, junk, (subject, action, resource, context) => {
      try {
        questionOf(askedOf({ subject, action, resource, context } as JsonObject))
      } catch (error) {
        expect(error).toEqual(expect.objectContaining({ code: 'INVALID_FIELD' }))
      }
    }),
    { numRuns: 500 },
  )
  const hostile = JSON.parse(
    '{"__proto__":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"r"}}',
  )
  expect(() => askedOf(hostile)).toThrow(expect.objectContaining({ code: 'INVALID_FIELD' }))
  const context = JSON.parse('{"__proto__":{"polluted":true}}')
  const question = asks('read', 'record', 'r', context) as { context: { attributes: object } }
  expect(Object.getPrototypeOf(question.context.attributes)).toBe(Object.prototype)
  expect(Object.hasOwn(question.context.attributes, '__proto__')).toBe(true)
})
