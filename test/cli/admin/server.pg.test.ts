import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { CommandFailed } from '#cli/exit.ts'
import { failureOf } from '#cli/failure.ts'
import { createProgram } from '#cli/program.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { temporaryFolder } from '#test/process/vouchsafe.ts'

let server: Server

beforeAll(async () => {
  server = await startServer()
  vi.stubEnv('VOUCHSAFE_SERVER', server.grpc)
  vi.stubEnv('VOUCHSAFE_KEY', server.key)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await server?.stop()
})
afterEach(() => vi.restoreAllMocks())

/** What a command prints. */
async function cli(...args: readonly string[]): Promise<string> {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    await createProgram().parseAsync([...args, '--tenant', 'acme'], { from: 'user' })
    return written.mock.calls.map(([text]) => String(text)).join('')
  } finally {
    written.mockRestore()
  }
}

async function refused(...args: readonly string[]) {
  const error = await cli(...args).catch((each: unknown) => each)
  if (error instanceof CommandFailed) return { message: error.message, exitCode: error.exitCode }
  return failureOf(error)
}

test('a product is made, restricted after a dry run that changes nothing, changed and shown', async () => {
  expect(await cli('product', 'create', 'guide', '--name', 'The guide')).toMatch(
    /key +guide\nname +The guide/,
  )
  const preview = await cli('product', 'restrict', 'guide', '--requires-entitlement', '--dry-run')
  expect(preview).toMatch(/nothing was changed; \d+ would gain access, \d+ would lose it/)
  expect(await cli('product', 'get', 'guide')).toMatch(/requires_entitlement +false/)
  const done = await cli('product', 'restrict', 'guide', '--reason', 'sold now')
  expect(done).toMatch(/requires_entitlement +true/)
  expect(done).toMatch(/revision \S+/)
  await cli('product', 'update', '--key', 'guide', '--name', '')
  expect(await cli('product', 'get', 'guide')).not.toContain('The guide')
})

test('a list is a table, in pages or all of them, and the same as JSON', async () => {
  const one = await cli('entitlement', 'list', '--page-size', '2')
  expect(one.split('\n')[0]).toMatch(/^(\S*)key +kind +combine/)
  expect(one).toMatch(/more: --page-token \S+, or --all/)
  const all = await cli('entitlement', 'list', '--page-size', '2', '--all')
  expect(all).toContain('docs_paid_yearly')
  expect(all).not.toContain('more:')
  const { entitlements } = JSON.parse(await cli('entitlement', 'list', '--page-size', '2', '--all', '--json'))
  expect(entitlements).toHaveLength(all.split('\n').length - 3)
  expect(await cli('price', 'list-mappings')).toContain('no mappings')
})

test('a plan gets a version out of a file, and publishes it', async () => {
  const file = join(temporaryFolder(), 'items.json')
  writeFileSync(file, '[{"entitlement":"docs_paid"},{"entitlement":"api_calls","value":7}]')
  await cli('plan', 'create', 'gold', '--kind', 'addon')
  expect(await cli('plan', 'create-version', 'gold', '--items', `@${file}`)).toMatch(/status +draft/)
  expect(await cli('plan', 'publish-version', 'gold@1')).toMatch(/status +published/)
})

test('giving a right is there twice, short and as the API has it', async () => {
  const identity = '{"issuer":"https://dev.vouchsafe.test","subject":"zoe"}'
  await cli('grants', 'grant-entitlement', '--holder-identity', identity, '--target-entitlement', 'docs_paid')
  const listed = await cli('grants', 'list', '--holder-identity', identity)
  expect(listed).toContain('docs_paid')
})

test('a failure says its reason and its field, and ends with the code for it', async () => {
  expect(await refused('product', 'create', 'runner')).toEqual({
    message: 'There is such a product already. (ALREADY_EXISTS)',
    exitCode: 65,
  })
  expect(await refused('product', 'create', 'Not A Key')).toMatchObject({
    message: expect.stringMatching(/\(INVALID_FIELD: product\.key\)$/),
    exitCode: 64,
  })
  expect(await refused('product', 'update', 'runner', '--name', 'x', '--etag', 'stale')).toMatchObject({
    message: expect.stringMatching(/\(ETAG_MISMATCH\)$/),
    exitCode: 65,
  })
  const { key } = await server.caller(server.place.tenants.acme, 'worker')
  vi.stubEnv('VOUCHSAFE_KEY', key)
  expect(await refused('product', 'create', 'other')).toMatchObject({
    message: expect.stringMatching(/\(CALLER_NOT_ALLOWED\)$/),
    exitCode: 77,
  })
  vi.stubEnv('VOUCHSAFE_KEY', server.key)
})

test('names that others chose cannot steer the terminal', async () => {
  await cli('product', 'create', 'steering', '--name', 'a\u001b[2Jb')
  const shown = await cli('product', 'get', 'steering')
  expect(shown).toContain('a\\u001b[2Jb')
})

test('a catalogue goes out as a file and comes back without a change; what is edited is shown and then done', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'catalog.yaml')
  await cli('catalog', 'export', '-f', file)
  const text = readFileSync(file, 'utf8')
  const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? []
  expect(JSON.parse(readFileSync(join(folder, schema), 'utf8'))).toHaveProperty('definitions.Entitlement')
  expect(await cli('catalog', 'apply', '-f', file, '--prune')).toMatch(/^no changes\n/)

  const retired = text.replace('- key: handbook\n', '- key: handbook\n    retired: true\n')
  writeFileSync(file, `${retired}\n`)
  const shown = await cli('catalog', 'diff', '-f', file, '--exit-code')
  expect(process.exitCode).toBe(1)
  process.exitCode = 0
  expect(shown).toMatch(/~ update product handbook\n +retired false → true\n/)
  expect(shown).toMatch(/0 would gain access, [1-9]\d* would lose it/)
  expect(await cli('catalog', 'apply', '-f', file, '--dry-run')).toContain('1 changes to make')
  expect(await cli('catalog', 'apply', '-f', file, '--reason', 'no longer sold')).toMatch(
    /1 changes · revision/,
  )
  expect(await cli('catalog', 'apply', '-f', file)).toMatch(/^no changes\n/)

  writeFileSync(
    file,
    'entitlements:\n  - key: fresh\n    kind: boolean\n    combine: any\n    requires: [absent]\n',
  )
  expect(await refused('catalog', 'apply', '-f', file)).toEqual({
    message: `${file} line 5, entitlements[0].requires: There is no entitlement "absent". (NOT_FOUND: requires)`,
    exitCode: 65,
  })
  writeFileSync(file, 'entitlement: []\n')
  expect(await refused('catalog', 'apply', '-f', file)).toEqual({
    message: `${file} line 1, entitlement: there is no such field; did you mean entitlements?`,
    exitCode: 65,
  })
})
