import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { loadConfig } from '#config'
import { ConfigError } from '#config/config-error.ts'
import { describeConfig } from '#config/describe.ts'

const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-secrets-'))
afterAll(() => rmSync(folder, { recursive: true }))
const empty = join(folder, 'empty.yaml')
writeFileSync(empty, '')

const canary = 'cAnArY-7f3e9a1b5d8c2460-QwErTyUi'

function messageOf(env: Record<string, string>, file = empty): string {
  try {
    loadConfig({ env, file })
  } catch (error) {
    if (error instanceof ConfigError) return inspect(error)
    throw error
  }
  return ''
}

test.each([
  ['unset', undefined],
  ['empty', ''],
  ['31 bytes', canary.slice(0, 31)],
  ['a placeholder', 'change-me-change-me-change-me-1234'],
  ['a placeholder', `your_secret_${canary}`],
  ['one letter', 'aAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaA'],
])('V45 a secret that is %s refuses to start', (_, text) => {
  const secret = text === undefined ? {} : { VOUCHSAFE_SECRET: text }
  expect(messageOf({ DATABASE_URL: 'postgres://a:b@c/d', ...secret })).toMatch(/VOUCHSAFE_SECRET/)
})

test('V45 a secret file is held to the same', () => {
  const file = join(folder, 'secret')
  writeFileSync(file, 'short\n')
  expect(messageOf({ VOUCHSAFE_SECRET_FILE: file })).toMatch(/VOUCHSAFE_SECRET_FILE.*fewer than 32 bytes/)
})

test('S001-49 a placeholder as webhook secret is refused', () => {
  expect(messageOf({ STRIPE_WEBHOOK_SECRET: 'whsec_xxxxxxxxxxxx' })).toMatch(/STRIPE_WEBHOOK_SECRET/)
})

const secrets = {
  VOUCHSAFE_SECRET: canary,
  DATABASE_URL: `postgres://app:${canary}@db.internal/rights`,
  DATABASE_DIRECT_URL: `postgres://app:${canary}@db.internal/rights`,
  DATABASE_PASSWORD: canary,
  STRIPE_SECRET_KEY: canary,
  STRIPE_WEBHOOK_SECRET: canary,
  KEYCLOAK_CLIENT_SECRET: canary,
}

test('V22 no way of showing the configuration shows a secret', () => {
  const config = loadConfig({ env: secrets, file: empty })
  const shown = [
    JSON.stringify(config),
    inspect(config, { depth: 9, showHidden: true }),
    String(config.secret),
    `${config.databaseUrl}`,
    JSON.stringify(describeConfig(config)),
  ]
  for (const text of shown) expect(text).not.toContain(canary)
  expect(config.secret?.reveal()).toBe(canary)
  expect(describeConfig(config)).toContainEqual({
    name: 'DATABASE_URL',
    value: 'set',
    origin: 'environment',
  })
})

test('V22 an error about a malformed secret does not show it', () => {
  const malformed = {
    VOUCHSAFE_SECRET: canary.slice(0, 20),
    DATABASE_URL: `postgres//app:${canary}@db`,
    DATABASE_DIRECT_URL: `mysql://app:${canary}@db`,
    STRIPE_SECRET_KEY: `example-${canary}`,
  }
  const message = messageOf(malformed)
  for (const name of Object.keys(malformed)) expect(message).toContain(name)
  expect(message).not.toContain(canary.slice(0, 20))
})

test('V22 a settings file that cannot be parsed is not quoted', () => {
  const file = join(folder, 'broken.yaml')
  writeFileSync(file, `secret: "${canary}\ndatabase_url: [\n`)
  expect(messageOf({}, file)).toMatch(/line \d/)
  expect(messageOf({}, file)).not.toContain(canary)
})

test('V22 a secret given as a flag is refused, unseen', () => {
  const load = () => loadConfig({ env: {}, file: empty, argv: ['--secret', canary] })
  expect(load).toThrow(/--secret would show a secret/)
  expect(load).not.toThrow(canary)
})
