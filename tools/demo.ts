// npm run demo: a denied Check with its fix, the grant, the same Check allowed; then a rule edited and the answer
// changed with nothing restarted. Everything is real: server, Postgres, token, WASM, client.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { resolveOpa } from '#bundle/opa.ts'
import { type Client, createClient } from '#client/client.ts'
import type { CheckResponse } from '#gen/vouchsafe/v1/decision_pb.ts'
import { devIss, openDevIssuer } from '#main/dev-issuer.ts'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-demo-'))
// The embedded Postgres may run as another user, who has to pass through.
chmodSync(folder, 0o711)
const say = (text = '') => process.stdout.write(`${text}\n`)
const step = (text: string) => say(`\n── ${text}`)

const found = await resolveOpa({
  toolsDir: join(root, 'tools'),
  cacheDir: join(root, '.tools'),
  build: false,
})
const policies = join(folder, 'policies')
const bundle = join(folder, 'bundle.tar.gz')
cpSync(join(root, 'policies'), policies, { recursive: true })
cpSync(join(root, 'bundles/default.tar.gz'), bundle)

say('Starting a server of its own, with an embedded Postgres, for this demo …')
const server = spawn(
  process.execPath,
  ['bin/vouchsafe.js', ...(found.opa ? ['dev', '--policies', policies] : ['serve'])],
  {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      VOUCHSAFE_DATA: join(folder, 'data'),
      VOUCHSAFE_GRPC_ADDRESS: '127.0.0.1:0',
      VOUCHSAFE_HTTP_ADDRESS: '127.0.0.1:0',
      VOUCHSAFE_OPS_ADDRESS: '127.0.0.1:0',
      VOUCHSAFE_LOG_LEVEL: 'error',
      VOUCHSAFE_BUNDLE: bundle,
      ...(found.opa?.path.includes('/') && { OPA: found.opa.path }),
    },
  },
)
const complaints: string[] = []
server.stderr.on('data', (text) => complaints.push(String(text)))

try {
  const address = await grpcAddress()
  const data = join(folder, 'data')
  const apiKey = readFileSync(join(data, 'operator.key'), 'utf8').trim()
  const client = createClient({ address, apiKey })
  try {
    await play(client, await (await openDevIssuer(data)).sign('alice', {}, 600))
  } finally {
    client.close()
  }
} finally {
  server.kill('SIGTERM')
  await once(server, 'exit')
  rmSync(folder, { recursive: true, force: true })
}

async function play(client: Client, token: string): Promise<void> {
  const ask = (entitlement: string, atLeast?: string) =>
    client.check({
      subject: { subject: { case: 'accessToken', value: token } },
      entitlement,
      ...(atLeast !== undefined && { consistency: { demand: { case: 'atLeast', value: atLeast } } }),
    })

  step('1. Alice (a real RS256 token, tier free) asks for docs_paid')
  show(await ask('docs_paid'))

  step('2. An operator grants it; the write answers with a revision token')
  const holder = { holder: { case: 'identity' as const, value: { issuer: devIss, subject: 'alice' } } }
  const target = { target: { case: 'entitlement' as const, value: 'docs_paid' } }
  const granted = await client.grant({ holder, target, tenant: 'acme', reason: 'demo' })
  const committed = performance.now()
  say(`   ${granted.grant?.id}  revision ${granted.revision}`)

  step('3. The same question, demanding at least that revision')
  show(await ask('docs_paid', granted.revision))
  took('from commit to the changed answer', committed)

  step('4. early_access: nothing gives it to anybody')
  const before = await ask('early_access')
  show(before)

  const edited = performance.now()
  if (found.opa) {
    step('5. A rule is added to the policies; the server compiles it to WASM, runs its cases, swaps it in')
    cpSync(join(root, 'bundles/demo-second'), policies, { recursive: true })
  } else {
    step(`5. The second committed bundle replaces the first (${found.reason})`)
    cpSync(join(root, 'bundles/demo-second.tar.gz'), `${bundle}.new`)
    renameSync(`${bundle}.new`, bundle)
  }
  const after = await changed(() => ask('early_access'), before.bundleRevision)
  took('from the edit to the changed answer', edited)

  step('6. The same question, nothing restarted')
  show(after)
}

/** Asks until another bundle answers; a minute at most. */
async function changed(ask: () => Promise<CheckResponse>, revision: string): Promise<CheckResponse> {
  for (const end = performance.now() + 60_000; performance.now() < end; await sleep(10)) {
    const answer = await ask()
    if (answer.bundleRevision !== revision) return answer
  }
  throw new Error(`The bundle did not change: ${complaints.join('')}`)
}

function show({ allowed, reasons, fix, bundleRevision }: CheckResponse): void {
  say(
    `   ${allowed ? 'ALLOWED' : 'DENIED'}  ${reasons.map(({ code, text }) => `${code}: ${text}`).join('; ')}`,
  )
  for (const { action, text } of fix) say(`   to fix: ${action} – ${text}`)
  say(`   bundle ${bundleRevision}`)
}

function took(what: string, since: number): void {
  say(`   ${(performance.now() - since).toFixed(1)} ms ${what}`)
}

async function grpcAddress(): Promise<string> {
  for await (const line of createInterface({ input: server.stdout })) {
    const address = /^\s*gRPC\s+(\S+)/.exec(line)?.[1]
    if (address !== undefined) return address
  }
  throw new Error(`The server did not start: ${complaints.join('')}`)
}
