import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { CommandFailed } from '#cli/exit.ts'
import { createProgram } from '#cli/program.ts'
import { Authorization } from '#gen/envoy/service/auth/v3/external_auth_pb.ts'
import { RouteService } from '#gen/vouchsafe/admin/v1/route_service_pb.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'

let server: Server
let folder: string
const tenant = 'gates'

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-routes-'))
  server = await startServer()
  vi.stubEnv('VOUCHSAFE_SERVER', server.grpc)
  vi.stubEnv('VOUCHSAFE_KEY', server.key)
  vi.stubEnv('VOUCHSAFE_DATA', server.place.data)
  await cli('tenant', 'create', '--key', tenant, '--name', 'Gates')
})
afterAll(async () => {
  vi.unstubAllEnvs()
  process.exitCode = 0
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})
afterEach(() => {
  process.exitCode = 0
  vi.restoreAllMocks()
})

/** What a command prints, and its exit code. */
async function cli(...args: readonly string[]): Promise<{ readonly text: string; readonly code: number }> {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  process.exitCode = 0
  try {
    await createProgram().parseAsync([...args], { from: 'user' })
    return {
      text: written.mock.calls.map(([text]) => String(text)).join(''),
      code: Number(process.exitCode ?? 0),
    }
  } finally {
    written.mockRestore()
  }
}

/** The server's gateway doors follow what was written a moment later, whenever the machine gets to it. */
function eventually(isSo: () => Promise<void>): Promise<void> {
  return vi.waitFor(isSo, { timeout: 60_000 })
}

const ours = (...args: readonly string[]) => cli('routes', ...args, '--tenant', tenant)

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const api = (paths: string) => `openapi: 3.1.0\nservers: [{url: https://x.example/api}]\npaths:\n${paths}`
const first = api(`  /open: {get: {x-entitlements: {public: true}}}
  /docs/{docId}: {get: {x-entitlements: docs}, put: {x-entitlements: [docs, edit]}}
`)

async function patterns(): Promise<readonly string[]> {
  const { routes } = await server.operator.call(RouteService.method.listRoutes)({ tenant, pageSize: 1000 })
  return routes.map(({ method, pattern }) => `${method} ${pattern}`).sort()
}

test('S000-12 S003-35 a document is imported in one change, after a dry run that changes nothing; again it changes nothing', async () => {
  const name = file('first.yaml', first)
  const dry = await ours('import', name, '--dry-run', '--exit-code')
  expect(dry.text).toContain('create route GET */api/docs/{doc_id}')
  expect(dry.code).toBe(1)
  expect(await patterns()).toEqual([])
  const before = await revision()
  const done = await ours('import', name, '--reason', 'first')
  expect(done.text).toContain('3 changes')
  expect(done.text).toContain(
    'warning: There is no entitlement "docs", which the route GET */api/docs/{doc_id} and 1 more',
  )
  expect(await revision()).toBe(before + 1)
  expect(await patterns()).toEqual(['GET /api/docs/{doc_id}', 'GET /api/open', 'PUT /api/docs/{doc_id}'])
  expect((await ours('import', name)).text).toContain('no changes')
})

test('what the document does not name stays, and goes only where it is pruned, under its own host and prefix', async () => {
  await server.operator.call(RouteService.method.createRoute)({
    tenant,
    route: { pattern: '/elsewhere', public: true },
  })
  await cli('entitlement', 'create', 'docs', '--kind', 'boolean', '--combine', 'any', '--tenant', tenant)
  const name = file('second.yaml', api('  /open: {get: {x-entitlements: docs}}\n'))
  expect((await ours('import', name)).text).toContain('1 changes')
  expect(await patterns()).toHaveLength(4)
  const pruned = await ours('import', name, '--prune')
  expect(pruned.text).toContain('delete route PUT */api/docs/{doc_id}')
  expect(pruned.text).not.toContain('entitlement docs')
  expect(pruned.text).not.toContain('warning')
  expect(await patterns()).toEqual(['* /elsewhere', 'GET /api/open'])
})

test('what is wrong in a document is said with its line, and nothing of it is done', async () => {
  const name = file('wrong.yaml', api('  /new: {get: {x-entitlements: new}}\n  /bad: {get: {}, put: {}}\n'))
  const error = await ours('import', name).catch((each: unknown) => each)
  expect(error).toBeInstanceOf(CommandFailed)
  expect((error as CommandFailed).exitCode).toBe(65)
  expect((error as CommandFailed).message).toMatch(/wrong\.yaml line 5, GET \/bad: .*\n.*line 5, PUT \/bad/)
  const typo = file(
    'typo.yaml',
    api('  /new: {get: {x-entitlements: {any_of: [new], context: {team: nobody}}}}\n'),
  )
  const refused = (await ours('import', typo).catch((each: unknown) => each)) as CommandFailed
  expect(refused.message).toMatch(/typo\.yaml line 4, GET \/api\/new: .*\{nobody\}/)
  expect(await patterns()).not.toContain('GET /api/new')
})

test('a request is tried: its route, what that needs, and for a person whether it passes and why', async () => {
  const demo = (...args: readonly string[]) => cli('routes', 'test', ...args, '--tenant', 'acme')
  const name = file(
    'demo.yaml',
    api(
      '  /docs/{d}: {get: {x-entitlements: docs_paid}}\n  /open: {get: {x-entitlements: {public: true}}}\n',
    ),
  )
  await cli('routes', 'import', name, '--tenant', 'acme')
  expect(await demo('GET', 'https://app.example/api/docs/7?x')).toMatchObject({
    text: expect.stringMatching(/GET \/api\/docs\/\{d\}[\s\S]*needs +all of docs_paid/),
    code: 0,
  })
  expect(await demo('GET', '/api/open')).toMatchObject({ text: expect.stringContaining('it is public') })
  for (const [method, path] of [
    ['POST', '/api/docs/7'],
    ['GET', '/API/docs/7'],
    ['GET', '/api/docs/7/'],
  ] as const)
    expect(await demo(method, path)).toMatchObject({
      text: expect.stringMatching(/no route[\s\S]*near +GET \/api\/docs\/\{d\}/),
      code: 1,
    })
  const far = await demo('GET', '/nowhere')
  expect(far).toMatchObject({ text: expect.stringContaining('no route'), code: 1 })
  expect(far.text).not.toContain('near')
  expect(await demo('GET', '/api/open/../docs/7')).toMatchObject({
    text: expect.stringContaining('a dot segment'),
    code: 1,
  })
  const token = await server.place.token('newcomer', {})
  await eventually(async () => {
    const refused = await demo('GET', '/api/docs/7', '--token', token, '--json')
    expect(JSON.parse(refused.text)).toMatchObject({
      routes: [{ pattern: '/api/docs/{d}' }],
      verdict: { allowed: false, status: 403, code: 'NO_GRANT', decision_id: expect.any(String) },
    })
    expect(refused.code).toBe(1)
  })
  await cli('grant', 'docs_paid', '--to', 'newcomer', '--tenant', 'acme')
  await eventually(async () => {
    const passed = await demo('GET', '/api/docs/7', '--token', token)
    expect(passed).toMatchObject({ text: expect.stringMatching(/verdict +passes/), code: 0 })
  })
})

test('HARDENING C.5 the tenant’s route says that a part of a body is enough, and nobody else', async () => {
  await cli('route', 'create', '--tenant', 'acme', '--pattern', '/uploads', '--public', '--partial-body')
  await cli('route', 'create', '--tenant', 'acme', '--pattern', '/whole', '--public')
  expect(await cli('routes', 'test', 'POST', '/uploads', '--tenant', 'acme')).toMatchObject({
    text: expect.stringContaining('nothing: it is public; a part of its body is enough'),
  })
  const ask = async (path: string) => {
    const headers = { 'x-envoy-auth-partial-body': 'true' }
    const http = { method: 'POST', host: 'app.example', path, headers }
    const contextExtensions = { tenant: 'acme', partial_body: 'allow' }
    const attributes = { request: { http }, contextExtensions }
    const { dynamicMetadata } = await server.operator.call(Authorization.method.check)({ attributes })
    return dynamicMetadata?.code
  }
  await eventually(async () => expect(await ask('/whole')).toBe('BODY_TRUNCATED'))
  expect(await ask('/uploads')).toBe('PUBLIC')
})

test('S003-35 the traffic of an access log that no route covers is listed with its counts, and is exit code 1', async () => {
  const line = (text: string) => `1.2.3.4 - - [10/Oct/2026:13:55:36 +0000] "${text} HTTP/1.1" 200 1 "-" "-"\n`
  const covered = line('GET /api/open') + line('GET /elsewhere?x=1')
  expect(await ours('uncovered', '--access-log', file('covered.log', covered))).toMatchObject({
    text: '0 of 2 requests are covered by no route\n',
    code: 0,
  })
  const gaps = `${covered}${line('GET /users/17')}${line('GET /users/18')}${line('GET /api//open')}junk\n`
  const found = await ours('uncovered', '--access-log', file('gaps.log', gaps))
  expect(found.code).toBe(1)
  expect(found.text).toMatch(/ 2 {2}GET \/users\/\{id\}\n/)
  expect(found.text).toContain('refused: an empty segment')
  expect(found.text).toContain('3 of 5 requests are covered by no route, 1 lines could not be read')
  const json = await ours('uncovered', '--access-log', join(folder, 'gaps.log'), '--json')
  expect(JSON.parse(json.text.trim().split('\n').at(-1) ?? '')).toEqual({
    requests: 5,
    uncovered: 3,
    unreadable: 1,
    kinds: 2,
  })
  const junk = (await ours('uncovered', '--access-log', file('junk.log', 'junk\n')).catch(
    (each: unknown) => each,
  )) as CommandFailed
  expect(junk.exitCode).toBe(65)
})

test('S000-12 two thousand routes are imported in one change', { timeout: 300_000 }, async () => {
  const paths = Array.from({ length: 2000 }, (_, n) => `  /r${n}/{id}: {get: {x-entitlements: docs}}\n`)
  const before = await revision()
  const name = file('many.yaml', api(paths.join('')))
  expect((await ours('import', name, '--prune')).text).toContain('2001 changes')
  expect(await revision()).toBe(before + 1)
  expect((await ours('import', name, '--prune')).text).toContain('no changes')
})

async function revision(): Promise<number> {
  const { revision } = await server.operator.call(RouteService.method.listRoutes)({ tenant })
  const { decodeRevision } = await import('#core/revision.ts')
  return decodeRevision(revision).revision
}
