import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freeAddress } from '#test/bench/processes.ts'
import { opaPath, withoutOpa } from '#test/bundle/shipped.ts'
import { alice, opaDoor } from './opa-door.ts'

/** A document that is there where there is an input, as ours. */
const rego = `package vouchsafe
check := json.unmarshal(sprintf("{\\"allow\\": true, \\"reasons\\": [{\\"code\\": %q}]}", [input.entitlement]))
`

let folder: string
let opa: ChildProcess
let base: string
const door = await opaDoor()

beforeAll(async () => {
  if (withoutOpa) return
  folder = await mkdtemp(join(tmpdir(), 'vouchsafe-opa-'))
  await writeFile(join(folder, 'policy.rego'), rego)
  const address = await freeAddress()
  const args = ['run', '--server', '--addr', address, '--log-level', 'error', '--skip-version-check', folder]
  opa = spawn(opaPath, args, { stdio: 'ignore' })
  base = `http://${address}`
  for (let n = 0; n < 200; n++) {
    const up = await fetch(`${base}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (up) return
    await wait(50)
  }
  throw new Error('OPA did not start.')
})
afterAll(async () => {
  opa?.kill()
  if (folder) await rm(folder, { recursive: true, force: true })
  await door[Symbol.asyncDispose]()
})

type Asked = {
  readonly method?: string
  readonly path: string
  readonly body?: unknown
  readonly gzip?: true
}

/** What of an answer a client of OPA depends on: its status, its type, what it holds and the code of an error. */
async function shapeOf(reply: Response) {
  const text = await reply.text()
  const body: unknown = JSON.parse(text)
  const object = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const { decision_id: _, errors: __, ...rest } = object
  return {
    status: reply.status,
    type: reply.headers.get('content-type'),
    vary: reply.headers.get('vary'),
    keys: 'result' in rest || 'code' in rest || 'warning' in rest ? Object.keys(rest).sort() : [],
    result: typeof rest.result === 'boolean' ? rest.result : typeof rest.result,
    code: rest.code,
    warning: rest.warning,
    lines: text.trimEnd().includes('\n'),
    ends: text.at(-1),
  }
}

async function both({ method = 'POST', path, body, gzip }: Asked) {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const headers = {
    'content-type': 'application/json',
    'accept-encoding': 'identity',
    authorization: `Bearer ${door.key}`,
    ...(gzip && { 'content-encoding': 'gzip' }),
  }
  const sent = text !== undefined && (gzip ? gzipSync(text) : text)
  const ask = async (to: string) =>
    shapeOf(await fetch(to + path, { method, headers, ...(sent !== false && { body: sent as string }) }))
  return { theirs: await ask(base), ours: await ask(door.base) }
}

const input = { subject: `sub_${alice}`, entitlement: 'docs' }
const query = new URLSearchParams({ input: JSON.stringify(input) })
const check = '/v1/data/vouchsafe/check'

describe.skipIf(withoutOpa)('as OPA itself answers', () => {
  test.each<Asked>([
    { path: check, body: { input } },
    { path: `${check}/allow`, body: { input } },
    { path: `${check}/reasons`, body: { input } },
    { path: `${check}/nothing`, body: { input } },
    { path: `${check}/`, body: { input } },
    { path: '/v1/data/none/here', body: { input } },
    { path: `${check}?pretty`, body: { input } },
    { path: `${check}?pretty=true`, body: { input } },
    { path: `${check}?pretty=false`, body: { input } },
    { path: `${check}?provenance`, body: { input } },
    { path: `${check}?metrics`, body: { input } },
    { path: `${check}?explain=full`, body: { input } },
    { path: `${check}?explain=off`, body: { input } },
    { path: `${check}?strict-builtin-errors`, body: { input } },
    { path: `${check}/allow`, body: { input }, gzip: true },
    { path: check },
    { path: check, body: {} },
    { path: check, body: '{"input":' },
    { path: check, body: '[1]' },
    { path: check, body: '"text"' },
    { path: '/v1/data/none/here', body: '{"input":' },
    { method: 'GET', path: `${check}?${query}` },
    { method: 'GET', path: `${check}?input=%7B` },
    { method: 'GET', path: check },
    { path: '/v0/data/vouchsafe/check', body: input },
    { path: '/v0/data/vouchsafe/check/allow', body: input },
    { path: '/v0/data/none/here', body: input },
    { path: '/v0/data/vouchsafe/check', body: '{' },
    { path: '/v0/data/vouchsafe/check' },
    { method: 'PUT', path: '/v1/policies/x', body: 'this is no Rego' },
    { method: 'PUT', path: '/v1/data/x', body: '{' },
    { method: 'PATCH', path: '/v1/data/x', body: '{' },
    { method: 'GET', path: '/v1/config' },
  ])('M-8 $path $body', async (asked) => {
    const { theirs, ours } = await both(asked)
    // What is refused is refused by another code of OPA's: it takes writes, we take none.
    const code = ours.code === 'invalid_operation' ? expect.any(String) : theirs.code
    // On some errors OPA leaves out that they do not depend on what is accepted.
    expect(ours).toEqual({ ...theirs, code, vary: ours.vary })
  })

  test.each(['OPTIONS', 'HEAD', 'PROPFIND', 'PURGE'])('%s is 405 on both', async (method) => {
    for (const to of [base, door.base]) expect((await fetch(to + check, { method })).status).toBe(405)
  })

  test.each(['', ';;', 'text/plain', 'application/xml'])('the media type %j is 200 on both', async (type) => {
    const headers = { 'content-type': type, authorization: `Bearer ${door.key}` }
    const ask = (to: string) =>
      fetch(to + check, { method: 'POST', headers, body: JSON.stringify({ input }) })
    for (const to of [base, door.base]) expect((await ask(to)).status).toBe(200)
  })

  test('health is 200 on both', async () => {
    for (const path of ['/health', '/health?bundles', '/health?plugins&exclude-plugin=x']) {
      expect((await fetch(base + path)).status).toBe((await fetch(door.base + path)).status)
    }
  })

  test('provenance and metrics name the same things', async () => {
    const ask = async (to: string) => {
      const headers = { authorization: `Bearer ${door.key}` }
      const url = `${to}${check}?provenance&metrics`
      const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ input }) })
      return (await reply.json()) as { provenance: object; metrics: object }
    }
    const [theirs, ours] = [await ask(base), await ask(door.base)]
    expect(Object.keys(ours.provenance)).toEqual(expect.arrayContaining(Object.keys(theirs.provenance)))
    expect(Object.keys(theirs.metrics)).toEqual(expect.arrayContaining(Object.keys(ours.metrics)))
  })
})
