import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyOf } from '#stripe/key-of.ts'
import { project } from '#stripe/project.ts'
import type { CustomerState, Subscription } from '#stripe/state.ts'
import type { WantedGrant } from '#stripe/wanted.ts'
import { anyRules, anyState, anySubscription } from './any-state.ts'
import { began, day } from './states.ts'

const runs = { numRuns: 500 }

function turned(it: CustomerState): CustomerState {
  return {
    ...it,
    subscriptions: it.subscriptions.map((one) => ({ ...one, items: one.items.toReversed() })).toReversed(),
    schedules: it.schedules
      .map((one) => ({
        ...one,
        phases: one.phases.map((phase) => ({ ...phase, items: phase.items.toReversed() })).toReversed(),
      }))
      .toReversed(),
    checkouts: it.checkouts.map((one) => ({ ...one, lines: one.lines.toReversed() })).toReversed(),
    invoices: it.invoices.map((one) => ({ ...one, lines: one.lines.toReversed() })).toReversed(),
    features: it.features.toReversed(),
  }
}

test('the order of what Stripe lists, and of the rules, does not matter', () => {
  fc.assert(
    fc.property(anyState, anyRules, (state, rules) => {
      const other = {
        ...rules,
        mappings: rules.mappings.toReversed(),
        lifecycles: rules.lifecycles.toReversed(),
      }
      // Phases that begin at once have no order of their own.
      const distinct = state.schedules.every(
        ({ phases }) => new Set(phases.map(({ starts_at }) => starts_at)).size === phases.length,
      )
      fc.pre(distinct)
      expect(project(turned(state), other)).toEqual(project(state, rules))
    }),
    runs,
  )
})

test('S001-46 another subscription takes nothing away but what is free', () => {
  // It began after all others, so that no trial of theirs is a second one.
  const late = anySubscription('sub_9').map((it): Subscription => {
    const at = began + 1000 * day
    return { ...it, created: at, started: at, ...(it.trial_start !== undefined && { trial_start: at }) }
  })
  fc.assert(
    fc.property(anyState, late, anyRules, (state, another, rules) => {
      const after = project({ ...state, subscriptions: [...state.subscriptions, another] }, rules)
      const before = project(state, rules).grants.filter(
        (it) => !isFree(it) && !it.source_ref.startsWith('feature:'),
      )
      const keys = new Map(after.grants.map((it) => [keyOf(it), it]))
      for (const it of before) expect(keys.get(keyOf(it))).toEqual(it)
    }),
    runs,
  )
})

test('a feature lasts at least as long with another subscription', () => {
  const end = (all: readonly WantedGrant[], key: string) => {
    const found = all.find((it) => keyOf(it) === key)
    return found ? (found.ends_at ?? Number.POSITIVE_INFINITY) : 0
  }
  fc.assert(
    fc.property(anyState, anySubscription('sub_9'), anyRules, (state, another, rules) => {
      const { trial_start: _, ...paid } = another
      const more = { ...state, subscriptions: [...state.subscriptions, { ...paid, status: 'active' }] }
      const after = project(more, rules).grants
      for (const it of project(state, rules).grants.filter((one) => one.source_ref.startsWith('feature:')))
        expect(end(after, keyOf(it))).toBeGreaterThanOrEqual(it.ends_at ?? Number.POSITIVE_INFINITY)
    }),
    runs,
  )
})

test('what has a status that nobody knows gives nothing, and one alert', () => {
  fc.assert(
    fc.property(anyState, anyRules, (state, rules) => {
      const unknown = state.subscriptions.map((one) => ({ ...one, status: 'novel' }))
      const { grants, alerts } = project({ ...state, deleted: false, subscriptions: unknown }, rules)
      const ids = unknown.flatMap(({ id, items }) => [id, ...items.map((it) => it.id)])
      expect(grants.filter(({ source_ref }) => ids.includes(source_ref))).toEqual([])
      const told = alerts.filter(({ code }) => code === 'STATUS_UNKNOWN').map(({ about }) => about)
      expect(told).toEqual(unknown.map(({ id }) => id).sort())
    }),
    runs,
  )
})

test('every window is one, and every right is told from the others', () => {
  fc.assert(
    fc.property(anyState, anyRules, (state, rules) => {
      const { grants, alerts } = project(state, rules)
      for (const { starts_at = 0, ends_at } of grants)
        if (ends_at !== undefined) expect(ends_at).toBeGreaterThan(starts_at)
      expect(new Set(grants.map(keyOf)).size).toBe(grants.length)
      expect(new Set(alerts.map((it) => JSON.stringify(it))).size).toBe(alerts.length)
      for (const it of grants) {
        const of = [it.plan_version_id, it.product_id, it.entitlement_id]
        expect(of.filter((id) => id !== undefined)).toHaveLength(1)
        if (it.quantity !== undefined) expect(it.pool).toBeDefined()
      }
    }),
    runs,
  )
})

const isFree = ({ plan_version_id }: WantedGrant) => plan_version_id === 'free'
