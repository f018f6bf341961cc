import type { Report } from './report.ts'
import type { RowName } from './rounds.ts'

/** What we want of a measurement, in the unit that is printed. */
export type Target = {
  readonly what: string
  readonly wanted: string
  readonly measured: string
  readonly met: boolean
}

/** Where OPA was absent there is nothing to say of ratios. */
export function targetsOf({ rows, halfLoad, halfLoadStream, freshness }: Report): Target[] {
  const ratio = (name: RowName) => rows.find((row) => row.name === name)?.toOpa
  const atMost = (what: string, most: number, value: number | undefined, unit: '' | ' ms'): Target[] => {
    if (value === undefined) return []
    const measured = value.toFixed(unit === '' ? 3 : 2) + unit
    return [{ what, wanted: `at most ${Number(most.toFixed(3))}${unit}`, measured, met: value <= most }]
  }
  return [
    atMost('CheckStream to OPA', 0.2, ratio('stream'), ''),
    atMost('Check (unary) to OPA', 0.45, ratio('unary'), ''),
    atMost('BatchCheck to OPA, as CheckStream or better', ratio('stream') ?? 0, ratio('batch'), ''),
    atMost('Envoy ext_authz to OPA', 0.65, ratio('ext_authz'), ''),
    atMost('forward auth to OPA', 0.65, ratio('forward-auth'), ''),
    atMost('AuthZEN evaluation to OPA', 0.65, ratio('authzen'), ''),
    atMost('/v1/data to OPA', 0.65, ratio('data'), ''),
    atMost(
      'Envoy ext_authz with 2,000 routes, to it with few',
      1.1,
      rows.find(({ toFewRoutes }) => toFewRoutes !== undefined)?.toFewRoutes,
      '',
    ),
    atMost('Check at half load, p99', 5, halfLoad.p99Ms, ' ms'),
    atMost('CheckStream at half load, p99', 5, halfLoadStream.p99Ms, ' ms'),
    atMost('write answered → changed answer, at_least, p99', 50, freshness.atLeast.p99Ms, ' ms'),
    atMost('write answered → changed answer, no demand, p99', 50, freshness.polled.p99Ms, ' ms'),
  ].flat()
}
