import { cpus } from 'node:os'
import type { Freshness } from './freshness.ts'
import type { LoadResult } from './load-job.ts'
import { median, percentile } from './percentile.ts'
import type { Rounds, RowName, Sample } from './rounds.ts'

export type Report = {
  /** YYYY-MM-DD */
  readonly date: string
  readonly rounds: { readonly count: number; readonly seconds: number }
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly node: string
    readonly opa: string
  }
  readonly questions: { readonly count: number; readonly allowed: number }
  readonly rows: readonly Row[]
  /** Of Check (unary). */
  readonly halfLoad: HalfLoad
  readonly halfLoadStream: HalfLoad
  readonly freshness: Readonly<Record<keyof Freshness, Spread>>
  readonly notes: readonly string[]
}

export type Row = {
  readonly name: RowName
  readonly checksPerSecond: number
  /** User + system of the server's processes; medians of the rounds. */
  readonly cpuUs: number
  readonly cpuUsLeast: number
  readonly cpuUsMost: number
  readonly serverShare: number
  readonly loadShare: number
  /** Of CPU-µs to OPA's REST door: the median of the rounds' own ratios. */
  readonly toOpa?: number
  /** Of the row with many routes: the same to the row with few. */
  readonly toFewRoutes?: number
}

export type Spread = { readonly p50Ms: number; readonly p99Ms: number; readonly count: number }

export type HalfLoad = Spread & {
  readonly ratePerSecond: number
  /** How long the server and the load, both counted, were ready to run while others had their core; of the time. Absent: not recorded. */
  readonly waitedShare?: number
}

const rowNames: readonly RowName[] = [
  'opa',
  'unary',
  'stream',
  'batch',
  'ext_authz',
  'ext_authz-many',
  'forward-auth',
  'authzen',
  'data',
  'in-process',
  'policy',
]

export function rowsOf(rounds: Rounds): Row[] {
  return rowNames
    .filter((name) => rounds[name].length > 0)
    .map((name) => ({
      ...rowOf(name, rounds[name], rounds.opa),
      ...(name === 'ext_authz-many' &&
        rounds.ext_authz.length > 0 && {
          toFewRoutes: ratio(rounds[name], rounds.ext_authz),
        }),
    }))
}

function rowOf(name: RowName, samples: readonly Sample[], opa: readonly Sample[]): Row {
  const of = (field: keyof Sample) => median(samples.map((sample) => sample[field]))
  const cpu = samples.map(({ cpuUs }) => cpuUs)
  return {
    name,
    checksPerSecond: of('checksPerSecond'),
    cpuUs: median(cpu),
    cpuUsLeast: Math.min(...cpu),
    cpuUsMost: Math.max(...cpu),
    serverShare: of('serverShare'),
    loadShare: of('loadShare'),
    ...(name !== 'opa' && opa.length > 0 && { toOpa: ratio(samples, opa) }),
  }
}

/** Of CPU-µs: the median of the rounds' own ratios. */
function ratio(samples: readonly Sample[], to: readonly Sample[]): number {
  return median(samples.flatMap(({ cpuUs }, round) => (to[round] ? [cpuUs / to[round].cpuUs] : [])))
}

export function spreadOf(times: readonly number[]): Spread {
  return { p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99), count: times.length }
}

export function halfLoadOf(ratePerSecond: number, result: LoadResult): HalfLoad {
  const { latenciesMs, waitedMs, wallMs } = result
  return { ratePerSecond, waitedShare: waitedMs / wallMs, ...spreadOf(latenciesMs) }
}

/** The medians of the rounds' own: a neighbour of the machine that was busy in one round is not in them. */
export function typical(rounds: readonly HalfLoad[]): HalfLoad {
  const of = (field: Exclude<keyof HalfLoad, 'waitedShare'>) => median(rounds.map((round) => round[field]))
  return {
    ratePerSecond: of('ratePerSecond'),
    waitedShare: median(rounds.map(({ waitedShare = Number.NaN }) => waitedShare)),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    count: rounds.reduce((sum, { count }) => sum + count, 0),
  }
}

export function machineOf(opa: string): Report['machine'] {
  const all = cpus()
  return { cpu: all[0]?.model.trim() ?? 'unknown', cores: all.length, node: process.version, opa }
}
