import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { reservedHeaders } from '#core/identity-headers.ts'
import { type InstalledExample, installExample } from './install-example.ts'
import { opaDoor, token } from './opa-door.ts'

const examples = resolve(import.meta.dirname, '../../examples')
const read = (path: string) => parse(readFileSync(join(examples, path), 'utf8'))
const door = await opaDoor()
afterAll(() => door[Symbol.asyncDispose]())

const names = ['express', 'fastify', 'hono']
const installed = new Map<string, InstalledExample>()
beforeAll(async () => {
  await Promise.all(names.map(async (name) => installed.set(name, await installExample(name))))
}, 300_000)
afterAll(() => {
  for (const each of installed.values()) if ('folder' in each) each[Symbol.dispose]()
})

/** Starts an example's server as its README does, on a free port. */
async function start(folder: string): Promise<{ base: string; lines: AsyncIterator<string> }> {
  const child: ChildProcess = spawn(process.execPath, [join(folder, 'server.js')], {
    env: { PATH: process.env.PATH, PORT: '0', PDP_URL: door.base, PDP_KEY: door.key },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  const { value = '' } = await lines.next()
  const port = /listening on (\d+)/.exec(value)?.[1]
  if (port === undefined) throw new Error(`${folder} did not start: ${value}`)
  return { base: `http://127.0.0.1:${port}`, lines }
}

test.for(names)(
  'M-8 S000-14 the middleware of examples/%s passes who may and tells the others why not',
  async (name, { skip }) => {
    const example = installed.get(name) ?? { lacking: 'skipped' }
    if ('lacking' in example) return skip(example.lacking)
    const { base, lines } = await start(example.folder)
    const get = async (path: string, sub?: string) => {
      const headers = sub === undefined ? {} : { authorization: `Bearer ${await token(sub)}` }
      const reply = await fetch(base + path, { headers: headers as Record<string, string> })
      const body = (await reply.json()) as Readonly<Record<string, unknown>>
      return { status: reply.status, body }
    }
    expect(await get('/open')).toEqual({ status: 200, body: { open: true } })
    expect(await get('/docs/a')).toMatchObject({ status: 401 })
    const denied = await get('/docs/a', 'bob')
    expect(denied).toMatchObject({ status: 403, body: { requiredEntitlement: 'docs_paid' } })
    expect(await get('/docs/a', 'alice')).toEqual({ status: 200, body: { page: 'a' } })
    const logged = async () => JSON.parse((await lines.next()).value)
    expect(await logged()).toMatchObject({ status: 403, decision_id: denied.body.decision_id })
    expect(await logged()).toMatchObject({ status: 200, decision_id: expect.stringMatching(/./) })
    expect(await get('/apps/none', 'alice')).toMatchObject({ status: 404 })
  },
)

test.each(names)('the packages of examples/%s are pinned, and come from no named place', (name) => {
  const { dependencies } = read(`${name}/package.json`)
  for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  expect(JSON.stringify(read(`${name}/package-lock.json`))).not.toContain('"resolved"')
})

test('M-8 V41 the configurations for Kong and APISIX ask the gateway’s document and overwrite every reserved header', () => {
  const { plugins, services } = read('kong/kong.yaml')
  expect(plugins).toMatchObject([{ name: 'opa', config: { opa_path: '/v1/data/vouchsafe/gateway' } }])
  expect(services[0].routes[0].strip_path).toBe(false)
  const [route] = read('apisix/apisix.yaml').routes
  expect(route.plugins.opa.policy).toBe('vouchsafe/gateway')
  expect(route.plugins.opa.send_headers_upstream).toEqual(reservedHeaders)
  expect(route.plugins['proxy-rewrite'].headers.remove).toEqual(reservedHeaders)
  for (const name of ['kong', 'apisix'])
    expect(Object.keys(read(`${name}/compose.yaml`).services)).toContain(name)
})
