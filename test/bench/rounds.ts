import type { Child } from './child.ts'
import type { InProcessJob, InProcessResult } from './in-process-job.ts'
import type { LoadJob, LoadResult } from './load-job.ts'
import type { Plan } from './plan.ts'

/** One row in one round. Shares are of one core. */
export type Sample = {
  readonly cpuUs: number
  readonly checksPerSecond: number
  readonly serverShare: number
  readonly loadShare: number
}

export type RowName = LoadJob['door'] | 'in-process' | 'policy'
export type Rounds = Readonly<Record<RowName, readonly Sample[]>>

type Needs = {
  readonly plan: Plan
  readonly load: Child<LoadJob, LoadResult>
  readonly inProcess: Child<InProcessJob, InProcessResult>
  /** In the order in which each round asks them. */
  readonly jobs: readonly LoadJob[]
  /** Called before each. */
  readonly prepare: (door: RowName) => Promise<void>
  readonly progress: (text: string) => void
}

/** Rows take turns, so that a busy neighbour of the machine hits all alike. The first round warms up and is dropped. */
export async function runRounds({ plan, load, inProcess, jobs, prepare, progress }: Needs): Promise<Rounds> {
  const rounds: Record<RowName, Sample[]> = {
    opa: [],
    'in-process': [],
    policy: [],
    stream: [],
    unary: [],
    batch: [],
    ext_authz: [],
    'ext_authz-many': [],
    'forward-auth': [],
    authzen: [],
    data: [],
  }
  for (let round = 0; round <= plan.rounds; round++) {
    progress(round === 0 ? 'warming up' : `round ${round} of ${plan.rounds}`)
    const keep = (row: RowName, sample: Sample) => {
      if (round > 0) rounds[row].push(sample)
    }
    for (const job of jobs) {
      await prepare(job.door)
      keep(job.door, sampleOf(await load.ask(job)))
    }
    for (const [row, part] of [
      ['in-process', 'whole'],
      ['policy', 'policy'],
    ] as const) {
      keep(row, ownSample(await inProcess.ask({ kind: 'count', part, countMs: plan.inProcessMs })))
    }
  }
  return rounds
}

function sampleOf({ checks, wallMs, serverCpuMs, loadCpuMs }: LoadResult): Sample {
  return {
    cpuUs: (serverCpuMs * 1000) / checks,
    checksPerSecond: (checks * 1000) / wallMs,
    serverShare: serverCpuMs / wallMs,
    loadShare: loadCpuMs / wallMs,
  }
}

function ownSample(result: InProcessResult): Sample {
  if (!('checks' in result)) throw new Error('Nothing was counted.')
  const { checks, cpuMs, wallMs } = result
  return {
    cpuUs: (cpuMs * 1000) / checks,
    checksPerSecond: (checks * 1000) / wallMs,
    serverShare: cpuMs / wallMs,
    loadShare: 0,
  }
}
