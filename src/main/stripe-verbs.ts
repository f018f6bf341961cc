import type { By } from '#admin/grant-types.ts'
import { readId } from '#admin/ids.ts'
import type { RevisionToken } from '#core/revision.ts'
import type { Sql } from '#postgres/pool.ts'
import type { Stripe, Synced, Verified } from '#rpc/stripe.ts'
import type { StripeAccount } from '#stripe/account.ts'
import { accountNamed } from '#stripe/account-named.ts'
import type { StripeApi } from '#stripe/api/create-api.ts'
import { asking, failureFor } from '#stripe/asking.ts'
import { bindCustomer, unbindCustomer } from '#stripe/bind.ts'
import { openCheckout, openPortal } from '#stripe/open-checkout.ts'
import { probe } from '#stripe/probe.ts'
import { replay } from '#stripe/replay.ts'
import { marksOf, syncAll } from '#stripe/sync-all.ts'
import { syncHolder } from '#stripe/sync-holder.ts'
import { syncNow } from '#stripe/sync-now.ts'
import { verify } from '#stripe/verify.ts'

export type StripeParts = {
  readonly api: (account: StripeAccount) => StripeApi
  /** The text that a reference ("env:NAME", "file:/path") stands for. */
  readonly secret: (reference: string) => string | undefined
  readonly secretsFolder: string | undefined
  /** Somebody is to be fetched. */
  readonly wake: () => void
}

type Needs = StripeParts & {
  readonly sql: Sql
  /** ms. */
  readonly now: () => number
  /** Told of each commit, before anybody else. */
  readonly committed: (revision: RevisionToken) => void
}

/** What the administration has done with Stripe. */
export function createStripeVerbs(given: Needs): Stripe {
  const needs = { ...given, random: Math.random }
  const { sql, secretsFolder } = needs
  return {
    secretsFolder,
    bindCustomer,
    unbindCustomer,
    replay,
    probe: (by, key) => probe(needs, by.tenant, key),
    createCheckout: (by, asked) => openCheckout(needs, by, asked),
    createPortal: (by, asked) => openPortal(needs, by, asked),
    async *sync(by, { account: key, customer }, signal) {
      const account = await accountNamed(sql, by.tenant, key)
      if (customer === '') yield* everybody(account, signal)
      else yield await one(account, customer)
    },
    async *verify(by, { account: key, customer }, signal) {
      const account = await accountNamed(sql, by.tenant, key)
      let done = 0
      for await (const each of verify(needs, account, customer || undefined)) {
        done = each.done
        yield verified(account, each)
        if (signal.aborted) return
      }
      yield { customer: '', bound: false, drift: [], alerts: [], error: '', done }
    },
    syncHolder: (by: By, subject) => syncHolder(needs, by.tenant, readId('sub', subject) ?? subject),
  }

  async function* everybody(account: StripeAccount, signal: AbortSignal): AsyncGenerator<Synced> {
    const about = { customer: '', alerts: [] }
    let last = { compared: 0, waiting: 0, unbound: 0, dead: 0 }
    try {
      for await (last of syncAll(needs, account, signal)) yield { ...about, outcome: '', ...last }
    } catch (error) {
      throw failureFor(account.key, error)
    }
    yield { ...about, outcome: 'applied', ...last }
  }

  async function one(account: StripeAccount, customer: string): Promise<Synced> {
    const { outcome, alerts } = await asking(account, () => syncNow(needs, account, customer))
    return {
      customer,
      outcome: outcome === 'unbound' ? 'unbound' : 'applied',
      alerts: alerts.map(({ code, about }) => `${code} ${about}`),
      compared: 1,
      ...(await marksOf(sql, account)),
    }
  }
}

type Compared = ReturnType<typeof verify> extends AsyncGenerator<infer T> ? T : never

function verified({ key }: StripeAccount, each: Compared): Verified {
  const { customer, done } = each
  if ('error' in each) {
    const failure = failureFor(key, each.error)
    const error = failure instanceof Error ? failure.message : 'It could not be compared.'
    return { customer, bound: false, drift: [], alerts: [], error, done }
  }
  const { bound, changes, alerts } = each.drift
  return {
    customer,
    bound,
    drift: changes,
    alerts: alerts.map(({ code, about }) => `${code} ${about}`),
    error: '',
    done,
  }
}
