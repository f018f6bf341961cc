import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMsOf, waitedMsOf } from './cpu-time.ts'
import type { Lane } from './lane.ts'
import type { LoadJob, LoadResult } from './load-job.ts'
import { holds, openLanes } from './open-lanes.ts'

/** One answer in so many is decoded: a server that answers errors fast would look good. */
const looked = 256

/** Loads a server as told, and counts only after the warm-up. Throws at the first failure. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const lanes = await openLanes(job)
  const questions = job.questions.map((text) => Buffer.from(text, 'base64'))
  const latenciesMs: number[] = []
  let failure: string | undefined
  let next = 0
  let answers = 0
  let counting = false
  let stopped = false

  const ask = (lane: Lane, then: () => void): void => {
    const question = questions[next++ % questions.length]
    if (question === undefined) throw new Error('There are no questions.')
    const askedAt = performance.now()
    lane.ask(question, (answer, why) => {
      if (stopped) return
      if (answer === undefined || (answers % looked === 0 && !holds(job, answer)))
        failure ??= why ?? 'no answer'
      answers++
      if (counting && job.rate !== undefined) latenciesMs.push(performance.now() - askedAt)
      then()
    })
  }
  const again = (lane: Lane): void => {
    if (!stopped && failure === undefined) ask(lane, () => again(lane))
  }

  // All that is due is asked each millisecond, whatever is unanswered: a server that stalls cannot hide it by stalling the load.
  async function askAtRate(rate: number): Promise<void> {
    const startedAt = performance.now()
    for (let asked = 0; !stopped && failure === undefined; await sleep(1)) {
      for (const due = ((performance.now() - startedAt) * rate) / 1000; asked < due; asked++) {
        const lane = lanes[asked % lanes.length]
        if (lane) ask(lane, () => {})
      }
    }
  }

  if (job.rate !== undefined) void askAtRate(job.rate)
  else for (const lane of lanes) for (let i = 0; i < lane.depth; i++) again(lane)

  await sleep(job.warmMs)
  const before = {
    at: performance.now(),
    answers,
    server: cpuMsOf(job.serverPid),
    waited: waitedMsOf(job.serverPid) + waitedMsOf(process.pid),
    load: process.cpuUsage(),
  }
  counting = true
  await sleep(job.countMs)
  counting = false
  const own = process.cpuUsage(before.load)
  const result = {
    checks: (answers - before.answers) * job.checksPerQuestion,
    wallMs: performance.now() - before.at,
    serverCpuMs: cpuMsOf(job.serverPid) - before.server,
    loadCpuMs: (own.user + own.system) / 1000,
    waitedMs: waitedMsOf(job.serverPid) + waitedMsOf(process.pid) - before.waited,
    latenciesMs,
  }
  stopped = true
  for (const lane of lanes) lane.close()
  if (failure !== undefined) throw new Error(`${job.door}: ${failure}`)
  return result
}
