// The full size: a million people with five rights each, while the server runs and follows. IMPORT_PEOPLE and
// IMPORT_LANES set others.
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createClient } from '#client/client.ts'
import { devIss } from '#main/dev-issuer.ts'
import { goFirst } from '#test/process/go-first.ts'
import { keyIn, ownPorts, start, stop, temporaryFolder } from '#test/process/vouchsafe.ts'
import { latencyAt, whileAsking } from '#test/process/while-asking.ts'

const people = Number(process.env.IMPORT_PEOPLE ?? 1_000_000)
const lanes = process.env.IMPORT_LANES ?? '1'

test('S003-40 a million people with five rights each come in while the server answers, in memory that stays', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const env = { ...ownPorts(data), VOUCHSAFE_DEMO: 'on' }
  const server = start(['serve'], { env, ownSession: true })
  const { grpc, http } = await server.up()
  const goesFirst = goFirst(server.child.pid)
  const client = createClient({ address: grpc, apiKey: keyIn(data), timeoutMs: 60_000 })
  onTestFinished(client.close)
  const file = join(folder, 'people.ndjson')
  await writePeople(file)

  // Whoever asks without a pause takes a core for it: a rate is asked for instead, before and during.
  const subject = { principal: { issuer: devIss, subject: 'person-7' } }
  const bodies = [JSON.stringify({ subject, tenant: 'acme', entitlement: 'docs_paid' })]
  const asking = { http, key: keyIn(data), bodies, perSecond: 50, goesFirst }
  await whileAsking(asking, () => sleep(5_000))
  const steady = await whileAsking(asking, () => sleep(10_000))
  const run = start(['import', file, '--tenant', 'acme', '--json', '--lanes', lanes], {
    env,
    ownSession: true,
  })
  const memory: number[] = []
  const watch = setInterval(() => memory.push(residentMegabytes(run.child.pid)), 500)
  onTestFinished(() => clearInterval(watch))
  const during = await whileAsking(asking, () => run.end)
  expect([steady.failed, during.failed]).toEqual([0, 0])
  clearInterval(watch)
  expect(await run.end).toEqual({ code: 0, signal: null })
  const done = JSON.parse(run.out())
  expect(done).toMatchObject({ lines: people, added: people * 5, present: 0, rejected: 0 })

  // The server has it all: of the last line as of the first.
  const last = { case: 'principal', value: { issuer: devIss, subject: `person-${people - 1}` } } as const
  const ended = performance.now()
  const demanded = { consistency: { demand: { case: 'atLeast', value: done.revision } } } as const
  const asked = { subject: { subject: last }, tenant: 'acme', entitlement: 'docs_paid', ...demanded }
  const { allowed } = await vi.waitFor(() => client.check(asked), { timeout: 300_000, interval: 10 })
  const behind = performance.now() - ended
  expect(allowed).toBe(true)
  for (const n of [0, 1, Math.floor(people / 3), Math.floor(people / 2), people - 2]) {
    const held = { case: 'principal', value: { issuer: devIss, subject: `person-${n}` } } as const
    const answer = await client.check({
      subject: { subject: held },
      tenant: 'acme',
      entitlement: 'docs_paid',
    })
    expect(answer.allowed).toBe(true)
  }
  // Two thirds of the way are compared: before that, the runtime still grows to its size.
  const third = memory.slice(Math.floor(memory.length / 3))
  expect(Math.max(...third)).toBeLessThan(400)
  const rate = Math.round(done.added / done.seconds)
  process.stdout.write(
    `${done.added} rights in ${lanes} lanes in ${done.seconds.toFixed(0)} s: ${rate}/s, at most ${Math.max(...memory)} MB; ` +
      `check p50 and p99 ${shown(steady)} ms before, ${shown(during)} ms during${goesFirst ? '' : ', where the server could not go first'}; the server had it ${behind.toFixed(0)} ms later\n`,
  )
  await stop(server)
})

async function writePeople(file: string): Promise<void> {
  const out = createWriteStream(file)
  for (let from = 0; from < people; from += 1000) {
    const lines = Array.from({ length: Math.min(1000, people - from) }, (_, at) => {
      const rights = [
        { entitlement: 'docs_paid' },
        { entitlement: 'api_calls', value: at },
        { product: 'runner' },
        { plan: 'supporter', ends_at: '2099-01-01T00:00:00Z' },
        { entitlement: 'export', starts_at: '2020-01-01T00:00:00Z' },
      ]
      return `${JSON.stringify({ iss: devIss, sub: `person-${from + at}`, rights })}\n`
    })
    if (!out.write(lines.join(''))) await once(out, 'drain')
  }
  out.end()
  await once(out, 'close')
}

const shown = ({ latencies }: { readonly latencies: readonly number[] }) =>
  `${latencyAt(latencies, 0.5)} and ${latencyAt(latencies, 0.99)}`

function residentMegabytes(pid: number | undefined): number {
  try {
    const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Math.round(Number(kilobytes) / 1024)
  } catch {
    return 0
  }
}
