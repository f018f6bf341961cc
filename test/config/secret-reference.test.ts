import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { loadConfig } from '#config'
import { readSecretReference } from '#config/secret-reference.ts'

const env = {
  REAL: 'whsec_Jd5sYf3GtUe6KaWn1BoC',
  EMPTY: '',
  BLANK: ' \n',
  TEMPLATE: 'whsec_replace_me_please',
  SAME: 'xxxxxxxxxxxxxxxxxxxxxxxx',
  VOUCHSAFE_SECRET: 'a5VdS0Wqk2nQ7xTz9uPbLr3mYc8eHg1JfNo6iKwXvZs',
  DATABASE_URL: 'postgres://u:k3yW0rdQ7xTz9@h/d',
}

test('a reference leads to a secret that shows itself to nobody', () => {
  const secret = readSecretReference('env:REAL', env)
  expect(secret.reveal()).toBe(env.REAL)
  expect([`${secret}`, JSON.stringify(secret), inspect(secret)].join()).not.toContain('whsec')
})

test.each([
  ['env:EMPTY', 'It is empty.'],
  ['env:BLANK', 'It is empty.'],
  ['env:MISSING', 'The environment has no MISSING.'],
  ['env:toString', 'The environment has no toString.'],
  ['env:TEMPLATE', 'looks like a placeholder'],
  ['env:SAME', 'looks like a placeholder'],
  ['env:VOUCHSAFE_SECRET', "a secret of this service's own"],
  ['env:DATABASE_URL', "a secret of this service's own"],
  ['file:/no/such/file', 'cannot be read'],
  ['file:/', 'cannot be read'],
  ['whsec_Jd5sYf3GtUe6KaWn1BoC', 'named as env:NAME or file:/path'],
])('S001-49 %s leads to none: %s', (reference, why) => {
  expect(() => readSecretReference(reference, env)).toThrow(why)
})

test('S002-34 STRIPE_WEBHOOK_SECRET is referred to as any other, wherever it was set', () => {
  const config = loadConfig({ env: { STRIPE_WEBHOOK_SECRET: env.REAL } })
  expect(config.secretOf('env:STRIPE_WEBHOOK_SECRET').reveal()).toBe(env.REAL)
})
