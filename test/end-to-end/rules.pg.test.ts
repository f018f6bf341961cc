import { copyFile, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { grantInside } from '#admin/grant-entitlement.ts'
import { readArchive } from '#bundle/read-archive.ts'
import type { CheckResponse } from '#gen/vouchsafe/v1/decision_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { said } from './said.ts'
import { bundleFile, type Server, startServer } from './server.ts'

const root = resolve(import.meta.dirname, '../..')
const second = join(root, 'bundles/demo-second.tar.gz')

let folder: string
let bundle: string
let server: Server
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vouchsafe-rules-'))
  bundle = join(folder, 'bundle.tar.gz')
  await copyFile(bundleFile, bundle)
  server = await startServer({ VOUCHSAFE_BUNDLE: bundle })
})
afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  await swapFor(await readFile(bundleFile))
  await answeredBy((answer) => !answer.allowed)
})

/** Puts another bundle in the place of the one the server follows, as a deployment does. */
async function swapFor(bytes: Uint8Array): Promise<void> {
  await writeFile(`${bundle}.new`, bytes)
  await rename(`${bundle}.new`, bundle)
}

/** The first answer about early access that is as wanted. */
function answeredBy(wanted: (answer: CheckResponse) => boolean): Promise<CheckResponse> {
  return vi.waitFor(
    async () => {
      const answer = await server.ask('alice', 'early_access')
      expect(wanted(answer)).toBe(true)
      return answer
    },
    { timeout: 30_000, interval: 50 },
  )
}

test('S003-17 a new kind of rule arrives as a bundle: nothing is rewritten, nothing restarted, all else stays', async () => {
  const others = () =>
    Promise.all(
      ['alice', 'carol', 'gail', 'ivan'].map(async (sub) => said(await server.ask(sub, 'docs_paid'))),
    )
  const before = await others()
  const denied = await server.ask('alice', 'early_access')
  expect(said(denied)).toBe('no NO_GRANT')
  await swapFor(await readFile(second))
  const allowed = await answeredBy((answer) => answer.allowed)
  // The rule's own reason, with the text its author wrote.
  expect(said(allowed)).toBe('yes demo/PROMOTION')
  expect(allowed.reasons[0]?.text).toBe('Everybody has it while the promotion runs.')
  expect(allowed.bundleRevision).not.toBe(denied.bundleRevision)
  expect(allowed.dataRevision).toBe(denied.dataRevision)
  expect(await others()).toEqual(before)
})

test('M-5 a caller goes on over the change of a rule: one client, one stream, one token', async () => {
  const value = await server.place.token('alice')
  const question = {
    subject: { subject: { case: 'accessToken', value } },
    entitlement: 'early_access',
  } as const
  const stream = server.operator.checkStream()
  expect(said(await stream.check(question))).toBe('no NO_GRANT')
  await swapFor(await readFile(second))
  await vi.waitFor(async () => expect(said(await stream.check(question))).toBe('yes demo/PROMOTION'), 30_000)
  await swapFor(await readFile(bundleFile))
  await vi.waitFor(async () => expect(said(await stream.check(question))).toBe('no NO_GRANT'), 30_000)
  await stream.end()
})

test('M-2 what decides is the WebAssembly compiled from Rego that is in the bundle', async () => {
  const revisions = []
  for (const file of [bundleFile, second]) {
    const bytes = await readFile(file)
    const files = await readArchive(bytes)
    const wasm = files.get('policy.wasm') ?? Buffer.alloc(0)
    const module = await WebAssembly.compile(new Uint8Array(wasm))
    const names = WebAssembly.Module.exports(module).map(({ name }) => name)
    expect(names).toContain('opa_wasm_abi_version')
    await swapFor(bytes)
    const { revision } = JSON.parse(files.get('.manifest')?.toString() ?? '{}')
    const answer = await vi.waitFor(async () => {
      const asked = await server.ask('alice', 'early_access')
      expect(asked.bundleRevision).toBe(revision)
      return asked
    }, 30_000)
    revisions.push(answer.allowed)
  }
  expect(revisions).toEqual([false, true])
})

test('M-2 M-5 a bundle that is damaged on its way is refused, and the rules stay as they are', async () => {
  const before = await server.ask('alice', 'early_access')
  const bytes = await readFile(second)
  await swapFor(bytes.subarray(0, bytes.length - 1000))
  await vi.waitFor(async () => {
    const metrics = await (await fetch(`http://${server.ops}/metrics`)).text()
    expect(metrics).toMatch(/bundle\w*refus\w*(\{[^}]*\})? [1-9]/)
  }, 30_000)
  const after = await server.ask('alice', 'early_access')
  expect([said(after), after.bundleRevision]).toEqual(['no NO_GRANT', before.bundleRevision])
})

test('M-3 a decision’s input is the verified token’s claims and what Postgres has by now', async () => {
  const { acme } = server.place.tenants
  const accessToken = await server.place.token('mo', {
    entitlements: ['docs_paid'],
    country: 'DE',
    secret: 'x',
  })
  const explain = async () => {
    const subject = { subject: { case: 'accessToken', value: accessToken } } as const
    const { input, response } = await server.operator.explain({
      check: { subject, entitlement: 'docs_paid' },
    })
    return { input: input as unknown as Input, response }
  }
  const before = await explain()
  expect(before.input.principal.claims).toEqual({
    entitlements: ['docs_paid'],
    attributes: { country: 'DE' },
  })
  expect(JSON.stringify(before.input)).not.toContain('secret')
  expect(before.input.grants.map(({ source }) => source)).toEqual(['claim'])

  const holder = { identity: { issuer: devIss, subject: 'mo' } }
  await server.write(acme, (tx) =>
    grantInside(
      tx,
      { tenant: acme, actor: 'test' },
      { holder, target: { entitlement: 'docs_paid' }, source: 'purchase' },
      Date.now(),
    ),
  )
  const after = await explain()
  expect(after.input.grants.map(({ source }) => source).sort()).toEqual(['claim', 'purchase'])
  expect(after.input.snapshot.revision).toBeGreaterThan(before.input.snapshot.revision)
  expect(after.response?.reasons.map(({ code }) => code).sort()).toEqual(['CLAIM', 'GRANTED'])
})

test('M-1 the decision point is TypeScript as it stands in the repository, and answers over gRPC', async () => {
  const sources = (await readdir(join(root, 'src'), { recursive: true, withFileTypes: true }))
    .filter((each) => each.isFile())
    .map(({ name }) => /\.[a-z]+$/.exec(name)?.[0])
  const data = new Set<unknown>(['.sql', '.json'])
  expect([...new Set(sources)].filter((each) => !data.has(each))).toEqual(['.ts'])
  expect(said(await server.ask('carol', 'docs_paid'))).toBe('yes TIER')
})

type Input = {
  readonly principal: { readonly claims: unknown }
  readonly grants: readonly { readonly source: string }[]
  readonly snapshot: { readonly revision: number }
}
