import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readArchive } from '#bundle/read-archive.ts'
import { openDevIssuer } from '#main/dev-issuer.ts'
import { openDoors } from '#test/doors/conformance/open-doors.ts'
import { openCalls } from './call.ts'
import { startChild } from './child.ts'
import { type Cores, twoCores } from './cores.ts'
import { agree } from './decisions.ts'
import { doorJobs } from './door-jobs.ts'
import { measureFreshness } from './freshness.ts'
import { type Gateway, openGateway } from './gateway.ts'
import type { Decision, InProcessJob, InProcessResult } from './in-process-job.ts'
import { opaJob, ourJobs } from './jobs.ts'
import type { LoadJob, LoadResult } from './load-job.ts'
import { startOpa } from './opa-server.ts'
import type { Plan } from './plan.ts'
import { pinSelf } from './processes.ts'
import { type BenchQuestion, benchQuestions } from './questions.ts'
import { type HalfLoad, halfLoadOf, machineOf, type Report, rowsOf, spreadOf, typical } from './report.ts'
import { type RowName, runRounds } from './rounds.ts'
import { startWorld, type World } from './world.ts'

const root = join(import.meta.dirname, '../..')
const bundleFile = join(root, 'bundles/default.tar.gz')

export type BenchOptions = {
  readonly plan: Plan
  readonly progress: (text: string) => void
  /** Ends the run early: it rejects with the signal's reason, once all is stopped. */
  readonly signal?: AbortSignal
  /** Flags for the measured server's runtime, such as --cpu-prof. */
  readonly nodeFlags?: readonly string[]
  /** Only these of the server's doors. Default: all. */
  readonly only?: readonly RowName[]
}

/** Measures everything in one run; starts and stops all that it needs. */
export async function runBench(options: BenchOptions): Promise<Report> {
  const cores = twoCores()
  pinSelf(cores.load)
  try {
    options.progress('starting Postgres and the server')
    const world = await startWorld({ root, cores, nodeFlags: options.nodeFlags ?? [] })
    try {
      options.signal?.throwIfAborted()
      return await measure(world, cores, options)
    } finally {
      await world.stop()
    }
  } catch (error) {
    // What fails because its other side was stopped is no news.
    options.signal?.throwIfAborted()
    throw error
  }
}

async function measure(world: World, cores: Cores, options: BenchOptions): Promise<Report> {
  const { plan, progress, only } = options
  const { scratch, databaseUrl, key } = world
  const opa = await startOpa({
    root,
    folder: scratch,
    core: cores.server,
    bundle: await readArchive(await readFile(bundleFile)),
  })
  const here = (name: string) => join(import.meta.dirname, name)
  const load = startChild<LoadJob, LoadResult>(here('load.ts'), cores.load)
  const inProcess = startChild<InProcessJob, InProcessResult>(here('in-process.ts'), cores.server)
  const calls = openCalls(world.grpc, key)
  let gateway: Gateway | undefined
  const stop = () => {
    calls.close()
    load.stop()
    inProcess.stop()
  }
  try {
    options.signal?.addEventListener('abort', stop)
    options.signal?.throwIfAborted()
    const issuer = await openDevIssuer(world.data)
    const questions = await benchQuestions(issuer)
    progress(`asking ${questions.length} questions of each, to see that the answers agree`)
    const opened = await inProcess.ask({ kind: 'open', databaseUrl, bundle: bundleFile, key, questions })
    const decisions = decisionsOf(opened)
    await agree(questions, decisions, calls, 'absent' in opa ? undefined : opa.address)
    const gates = await openGateway(databaseUrl, calls, questions)
    gateway = gates
    await agreeEverywhere(world, gates, questions)

    const ours = ourJobs(world, questions, plan)
    const all = [
      'absent' in opa ? [] : opaJob(opa, decisions, plan),
      ours.unary,
      ours.stream,
      ours.batch,
      ...doorJobs(world, gates, questions, plan),
    ].flat()
    const jobs = all.filter(({ door }) => only === undefined || only.includes(door))
    const prepare = (door: RowName) => gates.fill(door === 'ext_authz-many')
    const rows = rowsOf(await runRounds({ plan, load, inProcess, jobs, prepare, progress }))
    await gates.fill(false)

    progress('half load')
    const halfLoads = { unary: [] as HalfLoad[], stream: [] as HalfLoad[] }
    for (let round = 0; round < plan.halfLoadRounds; round++) {
      for (const door of ['unary', 'stream'] as const) {
        const rate = (rows.find(({ name }) => name === door)?.checksPerSecond ?? 1000) / 2
        const job = { ...ours[door], rate, warmMs: 1000, countMs: plan.halfLoadMs }
        halfLoads[door].push(halfLoadOf(rate, await load.ask(job)))
      }
    }

    progress(`${plan.flips} grants and revokes`)
    const alice = { issuer: issuer.iss, subject: 'alice', token: await issuer.sign('alice', {}, 3600) }
    const { atLeast, polled, sent } = await measureFreshness(calls, alice, plan.flips)
    return {
      date: new Date().toISOString().slice(0, 10),
      rounds: { count: plan.rounds, seconds: plan.countMs / 1000 },
      machine: machineOf('absent' in opa ? 'absent' : opa.version),
      questions: {
        count: questions.length,
        allowed: decisions.filter(({ verdict }) => verdict.allowed).length,
      },
      rows,
      halfLoad: typical(halfLoads.unary),
      halfLoadStream: typical(halfLoads.stream),
      freshness: { atLeast: spreadOf(atLeast), polled: spreadOf(polled), sent: spreadOf(sent) },
      notes: 'absent' in opa ? [`No ratios: ${opa.absent}.`] : [],
    }
  } finally {
    stop()
    if (!('absent' in opa)) await opa.stop()
    await gateway?.close()
  }
}

/** Throws where a door of gateways or of another protocol answers otherwise than Check. */
async function agreeEverywhere(world: World, { key, service }: Gateway, questions: readonly BenchQuestion[]) {
  const doors = openDoors({ grpc: world.grpc, http: world.http, service, gateway: key })
  try {
    for (const question of questions) await doors.agreed(question)
  } finally {
    await doors.close()
  }
}

function decisionsOf(opened: InProcessResult): readonly Decision[] {
  if (!('decisions' in opened)) throw new Error('No decisions came.')
  const decisions = opened.decisions.filter((decision) => decision !== undefined)
  if (decisions.length !== opened.decisions.length)
    throw new Error('A question was answered without the policy.')
  return decisions
}
