import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { CommandFailed } from '#cli/exit.ts'
import { failureOf } from '#cli/failure.ts'
import { createProgram } from '#cli/program.ts'
import { devIss } from '#main/dev-issuer.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { start } from '#test/process/vouchsafe.ts'

let server: Server
const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-import-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(async () => {
  server = await startServer()
  for (const [name, value] of Object.entries(environment())) vi.stubEnv(name, value)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await server?.stop()
})
afterEach(() => {
  process.exitCode = 0
})

function environment() {
  return {
    DATABASE_URL: server.place.database.url,
    VOUCHSAFE_SECRET: 'a5VdS0Wqk2nQ7xTz9uPbLr3mYc8eHg1JfNo6iKwXvZs',
    VOUCHSAFE_DATA: server.place.data,
  }
}

type Result = { lines: number; added: number; present: number; rejected: number }

async function imported(file: string, ...more: readonly string[]): Promise<Result> {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const noted = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    const args = ['import', file, '--tenant', 'acme', '--json', ...more]
    await createProgram().parseAsync(args, { from: 'user' })
    return JSON.parse(written.mock.calls.map(([text]) => String(text)).join(''))
  } finally {
    written.mockRestore()
    noted.mockRestore()
  }
}

function fileOf(name: string, lines: readonly object[]): string {
  const file = join(folder, name)
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return file
}

const who = (sub: string) => ({ iss: devIss, sub })
const { sql } = { sql: () => server.place.database.sql }
async function counted(what: 'grants' | 'subjects' | 'identities' | 'change' | 'imports'): Promise<number> {
  return sql().begin(async (tx) => {
    await tx`select set_config('role', 'vouchsafe_app', true), set_config('app.tenant_id', ${server.place.tenants.acme}, true)`
    const [row] = await tx`select count(*)::integer as n from vouchsafe.${tx(what)}`
    return Number(row?.n)
  })
}

test('S003-40 people and rights of every kind come in, and count in the next question', async () => {
  const file = fileOf('people.ndjson', [
    {
      ...who('ina'),
      email: 'ina@example.test',
      rights: [
        { entitlement: 'docs_paid' },
        { entitlement: 'copilot_quota', value: 77, source: 'contract', source_ref: 'c-1' },
        { product: 'runner', ends_at: '2099-01-01T00:00:00Z' },
        { plan: 'learn_member', starts_at: '2020-01-01T00:00:00Z', module: 'app' },
      ],
    },
    { ...who('jon'), entitlement: 'docs_paid', starts_at: '2099-01-01' },
    who('kim'),
  ])
  const changes = await counted('change')
  expect(await imported(file, '--reason', 'from the old system')).toMatchObject({
    lines: 3,
    added: 5,
    present: 0,
    rejected: 0,
  })
  expect(await counted('change')).toBe(changes + 1)
  expect(await counted('imports')).toBe(0)
  await expect.poll(async () => (await server.ask('ina', 'docs_paid')).allowed).toBe(true)
  expect(
    await server.ask('ina', { entitlement: 'use', resource: { kind: 'product', id: 'runner' } }),
  ).toMatchObject({
    allowed: true,
  })
  expect((await server.ask('ina', 'copilot_quota')).value?.kind).toMatchObject({ value: expect.any(Number) })
  expect(await server.ask('jon', 'docs_paid')).toMatchObject({ allowed: false })

  const before = [await counted('grants'), await counted('subjects'), await counted('change')]
  expect(await imported(file, '--reason', 'from the old system')).toMatchObject({
    added: 0,
    present: 5,
    rejected: 0,
  })
  expect([await counted('grants'), await counted('subjects'), await counted('change')]).toEqual(before)
})

test('a CSV says the same, one right a line', async () => {
  const file = join(folder, 'people.csv')
  const rows = [
    'iss,sub,entitlement,product,value,ends_at,reason',
    `${devIss},lea,docs_paid,,,,"said, ""so"""`,
    `${devIss},lea,copilot_quota,,12,2099-01-01,`,
    `${devIss},lea,,runner,,,`,
    `${devIss},lea,docs_paid,,,,twice`,
  ]
  writeFileSync(file, rows.join('\r\n'))
  expect(await imported(file)).toMatchObject({ lines: 5, added: 3, present: 1, rejected: 0 })
  await expect.poll(async () => (await server.ask('lea', 'docs_paid')).allowed).toBe(true)
})

test('what cannot be is rejected with its line and reason, and keeps nothing else out', async () => {
  const file = fileOf('mixed.ndjson', [
    { ...who('mia'), rights: [{ entitlement: 'docs_paid' }, { entitlement: 'nowhere' }] },
    { ...who('ned'), product: 'nothing' },
    { ...who('ned'), plan: 'pro@99' },
    { ...who('ned'), entitlement: 'docs_paid', value: 'text' },
    { ...who('ned'), entitlement: 'copilot_quota', value: -1 },
    { ...who('ned'), entitlement: 'docs_paid', module: 'absent' },
    { iss: 'https://elsewhere.test', sub: 'ned', entitlement: 'docs_paid' },
    { subject: 'sub_0199f0f0-1111-7000-8000-000000000001', entitlement: 'docs_paid' },
    { ...who('ned'), entitlement: 'docs_paid', ends_at: '2001-01-01' },
    { ...who('oda'), entitlement: 'docs_paid', ends_at: '2098-01-01' },
    { ...who('oda'), entitlement: 'docs_paid', ends_at: '2099-01-01' },
  ])
  appendFileSync(file, 'no json\n')
  expect(await imported(file)).toMatchObject({ lines: 12, added: 2, rejected: 11 })
  expect(process.exitCode).toBe(65)
  const rejected = readFileSync(`${file}.rejected.ndjson`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(rejected.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
    '1 There is no entitlement "nowhere".',
    '2 There is no product "nothing".',
    '3 There is no published plan "pro@99".',
    '4 The value is true or false.',
    '5 A value is never negative.',
    '6 There is no module "absent".',
    '7 The tenant has no issuer "https://elsewhere.test".',
    '8 There is no subject "sub_0199f0f0-1111-7000-8000-000000000001".',
    '9 A right ends after it starts.',
    '11 There is such a right of the same source and source_ref with other terms in this window.',
    '12 It is no JSON.',
  ])
  // Against what is stored it is the same.
  const other = fileOf('other.ndjson', [{ ...who('oda'), entitlement: 'docs_paid', ends_at: '2097-01-01' }])
  expect(await imported(other, '--ref', 'mixed.ndjson')).toMatchObject({ added: 0, rejected: 1 })
  expect(existsSync(`${fileOf('clean.ndjson', [who('oda')])}.rejected.ndjson`)).toBe(false)
})

test('S003-40 an organization is a holder by its key; a module takes the holders that it is provisioned for', async () => {
  const file = fileOf('companies.ndjson', [
    {
      organization: 'initech',
      rights: [{ entitlement: 'export' }, { product: 'runner', module: 'workplace' }],
    },
    { organization: 'initech', entitlement: 'export' },
    { organization: 'nowhere', entitlement: 'export' },
    { organization: 'initech', ...who('pia'), entitlement: 'export' },
    { organization: 'initech', email: 'pia@example.test', entitlement: 'export' },
    { organization: 'initech', entitlement: 'export', module: 'app' },
    { ...who('pia'), entitlement: 'export', module: 'workplace' },
  ])
  expect(await imported(file)).toMatchObject({ lines: 7, added: 2, present: 1, rejected: 5 })
  const reasons = readFileSync(`${file}.rejected.ndjson`, 'utf8').trim().split('\n')
  expect(reasons.map((line) => JSON.parse(line)).map(({ line, reason }) => `${line} ${reason}`)).toEqual([
    '3 There is no organization "nowhere".',
    '4 Say who it is: iss and sub, or subject, or organization.',
    '5 An email stands beside iss and sub.',
    '6 In the module "app" (direct_user) rights are imported for people.',
    '7 In the module "workplace" (org_hierarchy) rights are imported for organizations.',
  ])
  const held = await sql().begin(async (tx) => {
    await tx`select set_config('role', 'vouchsafe_app', true), set_config('app.tenant_id', ${server.place.tenants.acme}, true)`
    return tx`select g.module from vouchsafe.grants g
      join vouchsafe.organizations o on o.tenant_id = g.tenant_id and o.id = g.organization_id and o.key = 'initech'
      where g.source_ref = 'companies.ndjson' and g.subject_id is null order by g.module nulls first`
  })
  expect(held.map(({ module }) => module)).toEqual([null, 'workplace'])
  expect(await imported(file)).toMatchObject({ added: 0, present: 3, rejected: 5 })
})

test('an unknown tenant and an unknown source are told, and nothing is written', async () => {
  const file = fileOf('nowhere.ndjson', [who('nat')])
  const failure = async (...more: readonly string[]) => {
    const error = await createProgram()
      .parseAsync(['import', file, ...more], { from: 'user' })
      .catch((each: unknown) => each)
    return error instanceof CommandFailed ? error.exitCode : failureOf(error)
  }
  expect(await failure('--tenant', 'nobody')).toEqual({
    message: 'There is no tenant "nobody". (NOT_FOUND)',
    exitCode: 65,
  })
  expect(await failure('--tenant', 'acme', '--source', 'stripe')).toBe(64)
  expect(await counted('imports')).toBe(0)
})

test('V28 another tenant’s subject is unknown', async () => {
  const { globex, acme } = server.place.tenants
  const theirs = await sql().begin(async (tx) => {
    await tx`select set_config('role', 'vouchsafe_feed', true)`
    const [row] = await tx`select id from vouchsafe.subjects where tenant_id = ${globex} limit 1`
    return String(row?.id)
  })
  expect(acme).not.toBe(globex)
  const file = fileOf('foreign.ndjson', [{ subject: `sub_${theirs}`, entitlement: 'docs_paid' }])
  expect(await imported(file)).toMatchObject({ added: 0, rejected: 1 })
})

test.each([1, 3])(
  'an import in %s lanes that was killed goes on, and in the end everything is there once',
  async (lanes) => {
    const people = Array.from({ length: 6000 }, (_, n) => ({
      ...who(`bulk-${lanes}-${n}`),
      rights: [
        { entitlement: 'docs_paid' },
        { product: 'runner' },
        { entitlement: n % 1000 === 999 ? 'nowhere' : 'export' },
      ],
    }))
    const file = fileOf(`bulk-${lanes}.ndjson`, people)
    const before = { grants: await counted('grants'), subjects: await counted('subjects') }
    const args = ['import', file, '--tenant', 'acme', '--json', '--lanes', String(lanes)]
    const killed = start(args, { env: environment() })
    await expect.poll(() => counted('imports'), { timeout: 40_000, interval: 20 }).toBeGreaterThan(0)
    killed.child.kill('SIGKILL')
    await killed.end
    const given = (await counted('grants')) - before.grants
    expect(given).toBeGreaterThan(0)

    const resumed = start(args, { env: environment() })
    expect(await resumed.end).toMatchObject({ code: 65 })
    expect(resumed.err()).toMatch(/An earlier run was cut off after line [\d ]+: it goes on there\./)
    expect(JSON.parse(resumed.out())).toMatchObject({ lines: 6000, added: 17_994, present: 0, rejected: 6 })
    expect(await counted('grants')).toBe(before.grants + 17_994)
    expect(await counted('subjects')).toBe(before.subjects + 6000)
    expect(readFileSync(`${file}.rejected.ndjson`, 'utf8').trim().split('\n')).toHaveLength(6)
    expect(await counted('imports')).toBe(0)
  },
)
