import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '#config'
import { createStripeSecrets, sayShutEndpoints } from '#main/stripe-secrets.ts'
import type { StripeAccount } from '#stripe/account.ts'

const account = (key: string, ...webhook_secrets: string[]): StripeAccount => ({
  tenant: 't',
  id: 'i',
  key,
  livemode: false,
  api_key: 'env:NONE',
  webhook_secrets,
  active: true,
})

function listening() {
  const lines: string[] = []
  const line = (fields: object, message: string) => void lines.push(JSON.stringify({ message, ...fields }))
  return { lines, log: { warn: line, error: line } }
}

test('S001-49 at the start the log names each endpoint that is shut, and no secret', () => {
  const env = { GOOD: 'whsec_Jd5sYf3GtUe6KaWn1BoC', TEMPLATE: 'whsec_changeme_changeme', EMPTY: ' ' }
  const { lines, log } = listening()
  const { secretOf } = loadConfig({ env })
  const secret = createStripeSecrets({ secretOf, log, now: Date.now })
  const accounts = [
    account('good', 'env:GOOD', 'env:TEMPLATE'),
    account('template', 'env:TEMPLATE'),
    account('empty', 'env:EMPTY'),
    account('missing', 'env:MISSING', 'file:/no/such/file'),
  ]
  sayShutEndpoints(accounts, secret, log)
  const shut = lines.filter((line) => line.includes('endpoint')).map((line) => JSON.parse(line).endpoint)
  expect(shut).toEqual(['template', 'empty', 'missing'])
  expect(lines.join()).not.toMatch(/whsec/)
  expect(lines.filter((line) => line.includes('cannot be used'))).toHaveLength(4)
})

test('S001-49 a secret in a file is followed, and each loss is said once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vouchsafe-secret-'))
  const file = join(folder, 'webhook')
  const { lines, log } = listening()
  let now = 0
  const secret = createStripeSecrets({ secretOf: loadConfig({ env: {} }).secretOf, log, now: () => now })
  const later = () => {
    now += 1000
    return secret(`file:${file}`)
  }
  expect([later(), later()]).toEqual([undefined, undefined])
  await writeFile(file, 'whsec_Jd5sYf3GtUe6KaWn1BoC\n')
  expect(secret(`file:${file}`)).toBeUndefined()
  expect(later()).toBe('whsec_Jd5sYf3GtUe6KaWn1BoC')
  await writeFile(file, 'whsec_7Hq2ZkPw9XvLmT4cRb8N\n')
  expect(later()).toBe('whsec_7Hq2ZkPw9XvLmT4cRb8N')
  expect(lines).toHaveLength(1)
  await rm(folder, { recursive: true })
  expect([later(), later()]).toEqual([undefined, undefined])
  expect(lines).toHaveLength(2)
})
