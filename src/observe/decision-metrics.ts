import { Counter, Histogram, type Registry } from 'prom-client'
import { createBoundedLabels } from './bounded-labels.ts'

const buckets = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2]

/** What a door and a verb report. Labelled children are kept: looking one up costs a Map read, not an object hash. */
export function createDecisionMetrics(registry: Registry) {
  const registers = [registry]
  const requests = new Counter({
    name: 'vouchsafe_requests_total',
    help: 'Calls by door, verb and outcome code ("OK" or the failure).',
    labelNames: ['door', 'verb', 'code'],
    registers,
  })
  const durations = new Histogram({
    name: 'vouchsafe_decision_duration_seconds',
    help: 'Time from the decoded request to the answer, by door and verb.',
    labelNames: ['door', 'verb'],
    buckets,
    registers,
  })
  const denials = new Counter({
    name: 'vouchsafe_denials_total',
    help: 'Denials by main reason.',
    labelNames: ['reason'],
    registers,
  })
  const usage = new Counter({
    name: 'vouchsafe_entitlement_checks_total',
    help: 'Questions by entitlement and answer. Keys beyond the first thousand count as "other".',
    labelNames: ['entitlement', 'allowed'],
    registers,
  })
  const evaluations = new Counter({
    name: 'vouchsafe_evaluations_total',
    help: 'Policy evaluations by outcome ("ok", or what went wrong with the instance).',
    labelNames: ['outcome'],
    registers,
  })
  const reasonLabel = createBoundedLabels(200)
  const entitlementLabel = createBoundedLabels(1000)
  const requestOf = kept((door, verb, code) => requests.labels(door, verb, code))
  const durationOf = kept((door, verb) => durations.labels(door, verb))
  const denialOf = kept((reason) => denials.labels(reason))
  const usageOf = kept((entitlement, allowed) => usage.labels(entitlement, allowed))
  const evaluationOf = kept((outcome) => evaluations.labels(outcome))
  return {
    request: (door: string, verb: string, code: string): void => requestOf(door, verb, code).inc(),
    decided: (door: string, verb: string, seconds: number): void =>
      durationOf(door, verb, '').observe(seconds),
    denied: (reason: string): void => denialOf(reasonLabel(reason), '', '').inc(),
    asked: (entitlement: string, allowed: boolean): void =>
      usageOf(entitlementLabel(entitlement), allowed ? 'true' : 'false', '').inc(),
    evaluated: (outcome: string): void => evaluationOf(outcome, '', '').inc(),
  }
}

function kept<Child>(make: (a: string, b: string, c: string) => Child) {
  const children = new Map<string, Map<string, Map<string, Child>>>()
  return (a: string, b: string, c: string): Child => {
    const found = children.get(a)?.get(b)?.get(c)
    if (found !== undefined) return found
    const second = children.get(a) ?? new Map<string, Map<string, Child>>()
    const third = second.get(b) ?? new Map<string, Child>()
    const child = make(a, b, c)
    children.set(a, second.set(b, third.set(c, child)))
    return child
  }
}
