import { expect, test } from 'vitest'
import { readSecretReference } from '#admin/stripe/secret-reference.ts'

const folder = '/run/secrets/stripe'

test.each([
  ['env:STRIPE_SECRET_KEY', { env: 'STRIPE_SECRET_KEY' }],
  ['file:/run/secrets/stripe/live/key', { file: '/run/secrets/stripe/live/key' }],
])('S001-49 %s leads to a secret of Stripe', (text, read) => {
  expect(readSecretReference(text, folder)).toEqual(read)
})

test.each([
  'file:/run/secrets/stripe',
  'file:/run/secrets/stripe/',
  'file:/run/secrets/stripes/key',
  'file:/run/secrets/stripe/../database',
  'file:/run/secrets/stripe/./key',
  'file:/run/secrets/stripe//key',
  'file:run/secrets/stripe/key',
  'file:/run/secrets/stripe/key\0.pem',
  'file:///run/secrets/stripe/key',
  'FILE:/run/secrets/stripe/key',
  'env:DATABASE_URL',
  'env:VOUCHSAFE_STRIPE_SECRETS_DIR',
  'env:STRIPE_KEY STRIPE_OTHER',
  'env: STRIPE_KEY',
])('S001-49 %j leads nowhere', (text) => {
  expect(typeof readSecretReference(text, folder)).toBe('string')
})

test('S001-49 without a folder no file is a secret', () => {
  expect(typeof readSecretReference('file:/run/secrets/stripe/key', undefined)).toBe('string')
})
