import { expect, test } from 'vitest'
import { readOldAnswer } from '#cli/compare/old-answer.ts'

const read = (value: unknown) => readOldAnswer(7, value, { tenant: 'acme', atLeast: 'rev' })

test('a line is the question that was answered, and its answer', () => {
  const old = read({
    iss: 'i',
    sub: 'ada',
    entitlement: 'use',
    product: 'app',
    organization: 'acme',
    attributes: { country: 'DE' },
    quantity: 3,
    allowed: 'false',
  })
  expect(old).toMatchObject({ line: 7, about: 'ada use of app acme', allowed: false })
  expect(old.request).toMatchObject({
    tenant: 'acme',
    entitlement: 'use',
    resource: { kind: 'product', id: 'app' },
    context: { organization: 'acme', attributes: { country: 'DE' } },
    quantity: 3n,
    subject: { subject: { case: 'principal', value: { issuer: 'i', subject: 'ada' } } },
    consistency: { demand: { case: 'atLeast', value: 'rev' } },
  })
})

test.each([
  [{ sub: 'a', entitlement: 'x', allowed: true }, 'Say who it is'],
  [{ subject: 'sub_1', allowed: true }, 'names no entitlement'],
  [{ subject: 'sub_1', entitlement: 'x' }, '"allowed" is true or false'],
  [{ subject: 'sub_1', entitlement: 'x', allowed: 1 }, '"allowed" is true or false'],
  [{ subject: 'sub_1', entitlement: 'x', allowed: true, more: 1 }, 'There is no field "more"'],
  [{ subject: 1, entitlement: 'x', allowed: true }, '"subject" is no text'],
  ['x', 'no object'],
])('%s cannot be asked', (value, said) => {
  expect(() => read(value)).toThrow(said)
})
