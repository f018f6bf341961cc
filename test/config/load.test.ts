import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type Config, type ConfigSources, loadConfig, settings } from '#config'
import { ConfigError } from '#config/config-error.ts'

const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const strong = 'rZ0x8Qk2vY7bN4mT1cW9eL6uJ3hG5fDs'
const url = 'postgres://app:pa55word@db.internal:5433/rights?sslmode=require'
let files = 0

function fileWith(text: string): string {
  const file = join(folder, `vouchsafe-${++files}.yaml`)
  writeFileSync(file, text)
  return file
}

const load = (from: ConfigSources): Config => loadConfig({ env: {}, file: fileWith(''), ...from })

function problemsOf(from: ConfigSources): readonly string[] {
  try {
    load(from)
  } catch (error) {
    if (error instanceof ConfigError) {
      expect(error.exitCode).toBe(78)
      return error.problems
    }
    throw error
  }
  return []
}

test('with nothing set every default is valid and all listeners are on loopback', () => {
  const config = load({})
  expect(config.grpcAddress).toEqual({ host: '127.0.0.1', port: 7070 })
  expect(config.httpAddress.port).toBe(7071)
  expect(config.opsAddress.port).toBe(7072)
  expect(config.softStalenessMs).toBe(5000)
  expect(config.hardStalenessMs).toBe(900_000)
  expect(config.journal).toBe(join(config.data, 'journal.jsonl'))
  expect(config.secret).toBeUndefined()
  expect(config.origins).toEqual({})
})

test('the file sets the same names in lower case, the environment wins over it, a flag over both', () => {
  const file = fileWith('grpc_address: 127.0.0.1:1\nhttp_address: 127.0.0.1:2\nops_address: 127.0.0.1:3\n')
  const config = load({
    file,
    env: { VOUCHSAFE_HTTP_ADDRESS: '[::1]:20', VOUCHSAFE_OPS_ADDRESS: '127.0.0.1:30' },
    argv: ['--ops-address', 'localhost:300'],
  })
  expect(config.grpcAddress).toEqual({ host: '127.0.0.1', port: 1 })
  expect(config.httpAddress).toEqual({ host: '::1', port: 20 })
  expect(config.opsAddress).toEqual({ host: 'localhost', port: 300 })
  expect(config.origins).toEqual({ grpcAddress: 'file', httpAddress: 'environment', opsAddress: 'argument' })
})

test('VOUCHSAFE_CONFIG and --config name the file', () => {
  const file = fileWith('wait_ms: 7\n')
  expect(loadConfig({ env: { VOUCHSAFE_CONFIG: file } }).waitMs).toBe(7)
  expect(loadConfig({ env: {}, argv: [`--config=${file}`] }).waitMs).toBe(7)
  expect(() => loadConfig({ env: { VOUCHSAFE_CONFIG: join(folder, 'absent.yaml') } })).toThrow(
    'cannot be read',
  )
})

test('values of the file keep their written text: off is a word, a list is a list', () => {
  const config = load({
    file: fileWith('journal: off\njournal_mask: [context.attributes.email, context.attributes.name]\n'),
  })
  expect(config.journal).toBe('off')
  expect(config.journalMask).toEqual(['context.attributes.email', 'context.attributes.name'])
})

test.each([
  [{ env: { VOUCHSAFE_GRPC_ADRESS: '1' } }, /VOUCHSAFE_GRPC_ADRESS.*VOUCHSAFE_GRPC_ADDRESS/],
  [{ env: { VOUCHSAFE_SECRETS: '1' } }, /VOUCHSAFE_SECRETS.*VOUCHSAFE_SECRET\?/],
  [{ file: 'a: &a 1\n\nwait_msec: 3\n' }, /line 3: unknown setting wait_msec. Did you mean wait_ms\?/],
  [{ file: 'wait_ms: 1\nwait_ms: 2\n' }, /line 2: this key is there twice/],
  [{ file: 'grpc:\n  address: x\n' }, /line 1: grpc needs one plain value/],
  [{ file: 'wait_ms: [1\n' }, /line \d: this is not valid YAML/],
  [{ file: '- wait_ms\n' }, /is not a list of settings/],
  [{ file: 'config: other.yaml\n' }, /cannot name another one/],
  [{ argv: ['--grpc-adress=127.0.0.1:0'] }, /--grpc-adress.*--grpc-address/],
  [{ argv: ['--wait-ms'] }, /--wait-ms needs a value/],
  [{ env: { VOUCHSAFE_WAIT_MS: '5s' } }, /VOUCHSAFE_WAIT_MS .*milliseconds.* without a unit, not "5s"/],
  [{ env: { VOUCHSAFE_WAIT_MS: '-1' } }, /VOUCHSAFE_WAIT_MS/],
  [{ env: { VOUCHSAFE_WAIT_MS: '1e3' } }, /VOUCHSAFE_WAIT_MS/],
  [{ env: { VOUCHSAFE_WAIT_MS: ' ' } }, /VOUCHSAFE_WAIT_MS .*is empty/],
  [{ file: '\nwait_ms:\n' }, /VOUCHSAFE_WAIT_MS \(.* line 2\) is empty/],
  [{ env: { VOUCHSAFE_JOURNAL_SAMPLE: '1 %' } }, /VOUCHSAFE_JOURNAL_SAMPLE/],
  [{ env: { VOUCHSAFE_LOG_LEVEL: 'verbose' } }, /VOUCHSAFE_LOG_LEVEL .*one of .*error/],
  [{ env: { VOUCHSAFE_GRPC_ADDRESS: ':7070' } }, /VOUCHSAFE_GRPC_ADDRESS .*host:port/],
  [{ env: { VOUCHSAFE_GRPC_ADDRESS: '127.0.0.1:70700' } }, /VOUCHSAFE_GRPC_ADDRESS .*host:port/],
  [{ env: { VOUCHSAFE_GRPC_ADDRESS: '127.0.0.1' } }, /VOUCHSAFE_GRPC_ADDRESS .*host:port/],
  [{ env: { VOUCHSAFE_GRPC_ADDRESS: '127.1:7070' } }, /VOUCHSAFE_GRPC_ADDRESS .*host:port/],
  [{ env: { VOUCHSAFE_GRPC_ADDRESS: '127.0.0.1:7071' } }, /addresses are the same: 127.0.0.1:7071/],
  [{ env: { VOUCHSAFE_TLS_CERT: '/nowhere/cert.pem' } }, /VOUCHSAFE_TLS_CERT .*cannot be read/],
  [{ env: { VOUCHSAFE_POLL_INTERVAL_MS: '6000' } }, /VOUCHSAFE_POLL_INTERVAL_MS is not below/],
  [{ env: { VOUCHSAFE_SOFT_STALENESS_MS: '900000' } }, /SOFT_STALENESS_MS is not below/],
  [{ env: { VOUCHSAFE_SECRET: strong, VOUCHSAFE_SECRET_FILE: '$SECRET' } }, /both set/],
  [{ env: { DATABASE_URL: url } }, /VOUCHSAFE_SECRET is required with DATABASE_URL/],
  [{ env: { DATABASE_DIRECT_URL: url } }, /DATABASE_DIRECT_URL is set without DATABASE_URL/],
  [{ env: { DATABASE_HOST: 'db', DATABASE_USER: 'app' } }, /DATABASE_NAME is missing/],
  [{ env: { DATABASE_PASSWORD: 'x' } }, /DATABASE_HOST is missing/],
  [{ env: { DATABASE_PORT: 'tcp://10.0.0.1:5432' } }, /DATABASE_PORT/],
] as const)('F56 a mistake is refused with its key: %j', (from: ConfigSources, message) => {
  const env = Object.fromEntries(
    Object.entries(from.env ?? {}).map(([name, text]) => [
      name,
      text === '$SECRET' ? fileWith(strong) : text,
    ]),
  )
  const problems = problemsOf({
    ...from,
    env,
    ...(from.file === undefined ? {} : { file: fileWith(from.file) }),
  })
  expect(problems).toContainEqual(expect.stringMatching(message))
})

test('F56 all mistakes are told at once', () => {
  const env = { VOUCHSAFE_WAIT_MS: 'x', VOUCHSAFE_LOG_LEVEL: 'x', VOUCHSAFE_NO_SUCH: 'x' }
  expect(problemsOf({ env })).toHaveLength(3)
})

test('F56 200 settings with one letter changed are refused, each naming the right one', () => {
  const names = Object.values(settings).map((each) => each.name)
  const ours = names.filter((name) => name.startsWith('VOUCHSAFE_'))
  for (let i = 0; i < 200; i++) {
    const name = ours[i % ours.length] ?? ''
    const at = 10 + ((i * 7) % (name.length - 10))
    const wrong = `${name.slice(0, at)}${i % 2 === 0 ? 'Q' : ''}${name.slice(at + 1)}`
    if (names.includes(wrong)) continue
    expect(problemsOf({ env: { [wrong]: 'x' } })).toEqual([
      expect.stringMatching(new RegExp(`${wrong}\\. Did you mean VOUCHSAFE_\\w+\\?`)),
    ])
  }
})

test('what Kubernetes sets for a service named vouchsafe is no setting', () => {
  const env = {
    VOUCHSAFE_SERVICE_HOST: '10.0.0.1',
    VOUCHSAFE_SERVICE_PORT_GRPC: '7070',
    VOUCHSAFE_PORT: 'tcp://10.0.0.1:7070',
    VOUCHSAFE_PORT_7070_TCP_ADDR: '10.0.0.1',
  }
  expect(problemsOf({ env })).toEqual([])
})

test('S002-45 the database can be named in parts, and KEYCLOAK_ names are accepted', () => {
  const config = load({
    env: {
      VOUCHSAFE_SECRET: strong,
      DATABASE_HOST: 'db.internal',
      DATABASE_PORT: '5433',
      DATABASE_NAME: 'rights',
      DATABASE_SSLMODE: 'require',
      DATABASE_USER: 'app',
      DATABASE_PASSWORD: 'p@ss/wörd',
      KEYCLOAK_URL: 'https://auth.example.test',
    },
  })
  expect(config.databaseUrl?.reveal()).toBe(
    'postgres://app:p%40ss%2Fw%C3%B6rd@db.internal:5433/rights?sslmode=require',
  )
  expect(config.keycloak).toBe(true)
})

test('S002-45 parts beside DATABASE_URL must say the same', () => {
  const same = {
    VOUCHSAFE_SECRET: strong,
    DATABASE_URL: url,
    DATABASE_HOST: 'db.internal',
    DATABASE_PORT: '5433',
  }
  expect(problemsOf({ env: same })).toEqual([])
  const other = { ...same, DATABASE_HOST: 'elsewhere', DATABASE_PASSWORD: 'another' }
  expect(problemsOf({ env: other })).toEqual([
    expect.stringMatching(/^DATABASE_HOST says something else/),
    expect.stringMatching(/^DATABASE_PASSWORD says something else/),
  ])
})

test('the secret may come from a file, with its line end', () => {
  const env = { DATABASE_URL: url, VOUCHSAFE_SECRET_FILE: fileWith(`${strong}\n`) }
  expect(load({ env }).secret?.reveal()).toBe(strong)
})
