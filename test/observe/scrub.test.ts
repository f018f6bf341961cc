import { describe, expect, test } from 'vitest'
import { createLogger } from '#observe/logger.ts'
import { safeError } from '#observe/safe-error.ts'
import { createScrub, scrub } from '#observe/scrub.ts'

const canary = 'c4n4ry-Xy7'

describe('V22 a connection string', () => {
  const addresses = [
    `postgres://app:${canary}@db.example:5432/vouchsafe?sslmode=require`,
    `postgresql://app:${canary}@db.example/x`,
    `POSTGRES://app:${canary}@db.example/x`,
    `postgres//app:${canary}@db.example`,
    `postgres:/app:${canary}@db.example`,
    `postgres://app:${canary}/@db.example:port/x`,
    `postgres://app:p@${canary}@db.example`,
    `postgres://app:${canary}#?%@db.example`,
    `redis://:${canary}@cache.example`,
    `host=db.example password=${canary} user=app`,
  ]

  test.each(addresses)('%s is not in a line once it is configured', (address) => {
    const lines: string[] = []
    const log = createLogger({
      level: 'debug',
      secrets: [address, canary],
      write: (line) => lines.push(line),
    })
    log.error({ err: new Error(`cannot connect to ${address}`) }, `using ${address}`)
    log.info({ nested: { deep: { address } }, list: [address], [address]: 1 }, encodeURIComponent(address))
    expect(lines).toHaveLength(2)
    expect(lines.join('')).not.toContain(canary)
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow()
  })

  test.each(addresses.filter((address) => !/:\/app/.test(address)))(
    '%s is found without being known',
    (address) => {
      expect(scrub(`cannot connect to ${address} now`)).not.toContain(canary)
    },
  )

  test('with quotes and escapes in it is found in JSON too', () => {
    const secret = `pa"ss\\${canary}`
    const line = JSON.stringify({ message: `wrong: ${secret}` })
    expect(createScrub([secret])(line)).toBe('{"message":"wrong: [redacted]"}')
  })
})

describe('text that is no secret stays', () => {
  test.each([
    'the basic plan and the bearer of it',
    'https://idp.example|alice@example.com',
    'https://idp.example/keys?mail=a@b.example',
    'see postgres.conf',
    'password is wrong',
    'vch_ is the prefix',
  ])('%s', (text) => {
    expect(scrub(text)).toBe(text)
  })
})

test.each([
  `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.${canary}`,
  `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.`,
  `vch_AbCdEfGhIjKl_${canary}`,
  `sk_live_${canary}`,
  `whsec_${canary}`,
  `Bearer ${canary}0123456789`,
  `Authorization: Basic ${Buffer.from(`user:${canary}`).toString('base64')}`,
])('S000-24 the credential in "%s" is taken out', (text) => {
  const secret = text.split(/[ .]/).at(-1) ?? text
  expect(scrub(`refused: ${text}`)).not.toContain(canary)
  if (secret !== '') expect(scrub(`refused: ${text}`)).not.toContain(secret)
})

// Where a start can look far ahead and fail, each of the first four takes half a minute.
test.each(['a.', 'a-', 'a+', 'eyJaaaaaaaa-', 'bearer ', 'basic a', 'password '])(
  'a journal line of strangers’ "%s", however long, is scrubbed in one pass',
  (piece) => {
    const text = piece.repeat(300_000 / piece.length)
    expect(scrub(text) === text).toBe(true)
  },
)

test('fields named like credentials are never written', () => {
  const lines: string[] = []
  const log = createLogger({ level: 'debug', write: (line) => lines.push(line) })
  log.info({ authorization: canary, request: { cookie: canary, headers: { authorization: canary } } }, 'x')
  log.info({ password: canary, a: { access_token: canary }, b: { c: { secret: canary } } }, 'x')
  expect(lines.join('')).not.toContain(canary)
})

describe('safeError', () => {
  test('keeps name, message, code, stack and causes, and nothing a driver hangs on', () => {
    const cause = Object.assign(new TypeError(`bad postgres://u:${canary}@h`), {
      query: canary,
      parameters: [canary],
    })
    const error = Object.assign(new Error('failed', { cause }), {
      code: 'ECONNREFUSED',
      options: { password: canary },
    })
    const safe = safeError(error)
    expect(safe).toMatchObject({
      name: 'Error',
      message: 'failed',
      code: 'ECONNREFUSED',
      cause: { name: 'TypeError' },
    })
    expect(JSON.stringify(safe)).not.toContain(canary)
  })

  test.each([['text'], [undefined], [null], [7], [{ password: canary }], [Symbol('x')]])(
    'takes %s, thrown',
    (thrown) => {
      expect(JSON.stringify(safeError(thrown))).not.toContain(canary)
    },
  )

  test('ends where a cause is its own cause, and cuts long texts', () => {
    const error = new Error('x'.repeat(100_000))
    error.cause = error
    expect(JSON.stringify(safeError(error)).length).toBeLessThan(50_000)
  })
})
