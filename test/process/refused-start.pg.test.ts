import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { authority, hasOpenssl } from '#test/grpc/certificates.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'
import { canSeeProcesses, processesOf } from './processes.ts'
import { finished, ownPorts, temporaryFolder } from './vouchsafe.ts'

const patience = 60_000
const secret = randomBytes(32).toString('base64url')
let database: FreshDatabase

beforeAll(async () => {
  database = await freshDatabase({ max: 2 })
})
afterAll(() => database.drop())

/** A start that does not come about. */
async function refused(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const data = join(temporaryFolder(), 'data')
  const { code, out, err } = await finished(['serve', ...args], { env: { ...ownPorts(data), ...env } })
  expect(out).toBe('')
  expect(err).not.toMatch(/\n +at |node:internal/)
  expect(err).not.toContain(secret)
  return { code, err, data }
}

const onDatabase = () => ({ DATABASE_URL: database.url, VOUCHSAFE_SECRET: secret })

describe('F56 what cannot be run with is named', () => {
  test('misspelled in the file, the environment and a flag: all at once, each with the nearest right one', async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'vouchsafe.yaml'), 'demo: off\npol_interval_ms: 100\n')
    const data = join(cwd, 'data')
    const env = { ...ownPorts(data), VOUCHSAFE_GRPC_ADRESS: '127.0.0.1:0' }
    const { code, out, err } = await finished(['serve', '--http-adress=127.0.0.1:0'], { cwd, env })
    expect({ code, out }).toEqual({ code: 78, out: '' })
    expect(err.trim().split('\n')).toEqual([
      'vouchsafe.yaml line 2: unknown setting pol_interval_ms. Did you mean poll_interval_ms?',
      'Unknown environment variable VOUCHSAFE_GRPC_ADRESS. Did you mean VOUCHSAFE_GRPC_ADDRESS?',
      'Unknown option --http-adress. Did you mean --http-address?',
    ])
    expect(existsSync(data)).toBe(false)
  })

  test('a data folder that is a file', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const { code, err } = await refused({ VOUCHSAFE_DATA: file })
    expect({ code, err }).toMatchObject({
      code: 78,
      err: expect.stringMatching(/^VOUCHSAFE_DATA: .*\/file cannot/),
    })
  })
})

describe('an address in use is named, with its setting', () => {
  let other: Server
  let taken: string
  beforeAll(async () => {
    other = createServer()
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
    const address = other.address()
    taken = typeof address === 'object' ? `127.0.0.1:${address?.port}` : ''
  })
  afterAll(() => void other.close())

  test.skipIf(!canSeeProcesses)(
    'and the embedded database that was started for nothing is gone',
    async () => {
      const { code, err, data } = await refused({ VOUCHSAFE_GRPC_ADDRESS: taken })
      expect(code).toBe(78)
      expect(err).toContain(`VOUCHSAFE_GRPC_ADDRESS: ${taken} is in use`)
      expect(processesOf(data)).toEqual([])
    },
    patience,
  )

  test('VOUCHSAFE_HTTP_ADDRESS', async () => {
    const { code, err } = await refused({ ...onDatabase(), VOUCHSAFE_HTTP_ADDRESS: taken })
    expect(code).toBe(78)
    expect(err).toContain(`VOUCHSAFE_HTTP_ADDRESS: ${taken} is in use`)
  })
})

describe('V45 what others could reach is not started half safe', () => {
  test('without TLS, without a database of its own, with the demo', async () => {
    const { code, err } = await refused({ VOUCHSAFE_HTTP_ADDRESS: '0.0.0.0:0', VOUCHSAFE_DEMO: 'on' })
    expect(code).toBe(78)
    expect(err.trim().split('\n')).toEqual([
      expect.stringMatching(/^VOUCHSAFE_HTTP_ADDRESS listens .* needs VOUCHSAFE_TLS_CERT/),
      expect.stringMatching(/^VOUCHSAFE_HTTP_ADDRESS listens .* needs DATABASE_URL/),
      expect.stringMatching(/^VOUCHSAFE_HTTP_ADDRESS listens .* VOUCHSAFE_DEMO must not be on/),
    ])
  })

  test.skipIf(!hasOpenssl)('without anybody who could authenticate', async () => {
    const { cert, key } = authority('process test').leaf('server')
    const unused = await freshDatabase({ max: 1 })
    onTestFinished(unused.drop)
    const { code, err, data } = await refused({
      DATABASE_URL: unused.url,
      VOUCHSAFE_SECRET: secret,
      VOUCHSAFE_GRPC_ADDRESS: '0.0.0.0:0',
      VOUCHSAFE_TLS_CERT: cert,
      VOUCHSAFE_TLS_KEY: key,
    })
    expect(code).toBe(78)
    expect(err).toContain('VOUCHSAFE_GRPC_ADDRESS listens beyond loopback, but no caller is configured')
    expect(existsSync(join(data, 'operator.key'))).toBe(false)
  })
})

describe('V22 a database that cannot be used is named, its password never', () => {
  const password = 'canary-Wq81-password'
  const at = (change: (url: URL) => void) => {
    const url = new URL(database.url)
    url.password = password
    change(url)
    return { DATABASE_URL: url.href, VOUCHSAFE_SECRET: secret }
  }

  test('the password is wrong', async () => {
    const { code, err } = await refused(at(() => {}))
    expect(code).toBe(78)
    expect(err).toMatch(/The database vouchsafe_test_\w+ at \S+ refuses the login \w+: password auth/)
    expect(err).not.toContain(password)
  })

  test('F60 row security would not hold', async () => {
    await database.sql`alter table vouchsafe.grants no force row level security`
    const { code, err } = await refused(onDatabase())
    await database.sql`alter table vouchsafe.grants force row level security`
    expect(code).toBe(78)
    expect(err).toContain('Row security would not hold')
    expect(err).toContain('not enabled and forced on grants')
    expect(err).not.toContain(new URL(database.url).password)
  })

  test('F60 the application role owns a table', async () => {
    const owner = 'select tableowner from pg_tables where schemaname = $1 and tablename = $2'
    const [before] = await database.sql.unsafe(owner, ['vouchsafe', 'seats'])
    await database.sql.unsafe('alter table vouchsafe.seats owner to vouchsafe_app')
    const { code, err } = await refused(onDatabase())
    await database.sql.unsafe(`alter table vouchsafe.seats owner to ${before?.tableowner}`)
    expect(code).toBe(78)
    expect(err).toContain('vouchsafe_app owns')
  })
})
