import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { AppError } from '#core/errors.ts'
import type { Caller, CallerKey } from '#core/tenant-view.ts'
import { apiKeyRandomBytes, generateApiKey } from '#identity/api-key.ts'
import { createCallerAuthenticator, requireRole } from '#identity/caller.ts'
import { noon, tenantA } from './fixtures.ts'

const caller: Caller = { id: 'c1', name: 'api', tenant: tenantA, kind: 'key', roles: ['service'] }
const machine: Caller = { id: 'c2', name: 'gateway', tenant: tenantA, kind: 'mtls', roles: ['gateway'] }
const key = generateApiKey(randomBytes(apiKeyRandomBytes))
const other = generateApiKey(randomBytes(apiKeyRandomBytes))
const fingerprint = 'ab'.repeat(32)

function failure(work: () => unknown): string {
  try {
    work()
    return 'none'
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return `${error.code} ${error.message} ${JSON.stringify(error.metadata)}`
  }
}

function authenticator(changes: Partial<CallerKey> = {}, now = noon) {
  const row: CallerKey = { caller, sha256: key.sha256, disabled: false, ...changes }
  return createCallerAuthenticator({
    snapshot: {
      callerOfKey: (id) => (id === key.id ? row : undefined),
      callerOfCertificate: (hex) => (hex === fingerprint ? machine : undefined),
    },
    now: () => now,
  })
}

const bearer = { authorization: `Bearer ${key.text}` }
const refused = 'CALLER_UNAUTHENTICATED The call needs a valid caller credential. {}'

describe('a caller', () => {
  test('is known by its key, the scheme in any case', () => {
    expect(authenticator().authenticate(bearer)).toBe(caller)
    expect(authenticator().authenticate({ authorization: [`bearer ${key.text}`] })).toBe(caller)
  })

  test('is known by its certificate', () => {
    const colons = 'AB:'.repeat(31).concat('AB')
    expect(authenticator().authenticate({ fingerprint })).toBe(machine)
    expect(authenticator().authenticate({ fingerprint: colons, authorization: [] })).toBe(machine)
    expect(failure(() => authenticator().authenticate({ fingerprint: 'cd'.repeat(32) }))).toBe(refused)
    expect(failure(() => authenticator().authenticate({ fingerprint: 'constructor' }))).toBe(refused)
  })

  test('V36 with a disabled or expired key is refused, at the very moment it ends', () => {
    expect(failure(() => authenticator({ disabled: true }).authenticate(bearer))).toBe(refused)
    expect(failure(() => authenticator({ expires_at: noon }).authenticate(bearer))).toBe(refused)
    expect(authenticator({ expires_at: noon + 1 }).authenticate(bearer)).toBe(caller)
  })

  const bad: (string | string[] | undefined)[] = [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    key.text,
    `Basic ${key.text}`,
    `Bearer  ${key.text}`,
    `Bearer ${key.text} `,
    `Bearer ${key.text}, Bearer ${key.text}`,
    `Bearer ${other.text}`,
    `Bearer ${key.text.slice(0, 16)}${other.text.slice(16)}`,
    `Bearer ${'x'.repeat(10_000)}`,
    [`Bearer ${key.text}`, `Bearer ${key.text}`],
    ['', `Bearer ${key.text}`],
  ]
  test.each(bad.map((authorization) => [authorization]))(
    'V47 with %j is refused in the same words',
    (authorization) => {
      expect(failure(() => authenticator().authenticate({ authorization }))).toBe(refused)
    },
  )

  test('with a wrong key is refused beside a good certificate', () => {
    const both = { authorization: `Bearer ${other.text}`, fingerprint }
    expect(failure(() => authenticator().authenticate(both))).toBe(refused)
  })

  test('V35 with its key cut or extended at any length is refused', () => {
    for (let length = 0; length < key.text.length; length++) {
      expect(
        failure(() => authenticator().authenticate({ authorization: `Bearer ${key.text.slice(0, length)}` })),
      ).toBe(refused)
    }
  })
})

test('V16 a refused key is not echoed', () => {
  expect(
    failure(() => authenticator().authenticate({ authorization: `Bearer ${other.text}` })),
  ).not.toContain('vch_')
})

test('a role that is missing is named', () => {
  expect(failure(() => requireRole(caller, ['service', 'worker']))).toBe('none')
  expect(failure(() => requireRole(caller, ['auditor', 'operator']))).toContain('"role":"auditor, operator"')
  expect(failure(() => requireRole({ ...caller, roles: [] }, ['service']))).toContain('CALLER_NOT_ALLOWED')
  expect(failure(() => requireRole(caller, []))).toContain('CALLER_NOT_ALLOWED')
})
