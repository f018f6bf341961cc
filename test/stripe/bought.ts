import type { FakeStripe } from './fake/start-fake-stripe.ts'
import type { Act, Step } from './histories.ts'

export type Plan = 'pro' | 'team' | 'staff'
type Item = { readonly plan: Plan; quantity: number }
type Subscription = {
  readonly id: string
  status: string
  /** Whether it began with one. */
  readonly trial: boolean
  /** As they were bought. */
  items: readonly Item[]
  /** How many invoices of it were paid, and whether one is open. */
  paid: number
  due: boolean
  /** Of which of these there was a dispute, and what became of it. */
  readonly disputes: { readonly id: string; readonly of: number; state: 'open' | 'won' | 'lost' }[]
}
type Purchase = {
  /** Of a checkout, or a bill. */
  readonly session: string
  money: 'unpaid' | 'kept' | 'partly back' | 'back' | 'disputed' | 'lost'
  dispute?: string
}
type Schedule = { readonly id: string; readonly item: Item; calledOff: boolean }

/** The model: what one customer bought, in as few words as tell what it gives. */
export type Bought = {
  /** Only these have seats. */
  readonly organization: boolean
  /** In the order they were made. */
  readonly subscriptions: Subscription[]
  readonly purchases: Purchase[]
  readonly schedules: Schedule[]
  features: boolean
}

export function nothingBought(organization: boolean): Bought {
  return { organization, subscriptions: [], purchases: [], schedules: [], features: false }
}

/** A seat of "staff" is one of the plan "team". */
export const prices = {
  pro: 'price_pro',
  team: 'price_team',
  course: 'price_course',
  staff: 'price_staff',
} as const
/** Gives the product "course". */
export const feature = 'courses'
/** Whose product sells it. */
export const featured: Plan = 'pro'

const trialDays = 30
const dayMs = 86_400_000
const course = { price: prices.course }

/** Does it at Stripe and to the model; nothing where it makes no sense. */
export function perform(fake: FakeStripe, customer: string, bought: Bought, { act, which }: Step): void {
  const { subscriptions, purchases, schedules } = bought
  const live = subscriptions.filter(({ status }) => status !== 'canceled')
  const one = live[which % Math.max(1, live.length)]
  const kept = purchases.filter(({ money }) => money === 'kept' || money === 'partly back')
  const paid = kept[which % Math.max(1, kept.length)]
  const disputed = purchases.find(({ money }) => money === 'disputed')
  const item: Item = { plan: planOf(bought, which), quantity: which + 1 }
  const line = { price: prices[item.plan], quantity: item.quantity }
  const to = (status: string, happens: (id: string) => void) => {
    if (!one) return
    happens(one.id)
    one.status = status
  }
  const subscribe = (trial: boolean) => {
    const id = fake.subscribe(customer, [line], trial ? { trialDays } : {})
    const money = { paid: trial ? 0 : 1, due: false, disputes: [] }
    subscriptions.push({ id, status: trial ? 'trialing' : 'active', trial, items: [item], ...money })
  }
  const doing: Readonly<Record<Act, () => void>> = {
    subscribe: () => subscribe(false),
    try: () => subscribe(true),
    convert() {
      if (one?.status !== 'trialing') return
      to('active', fake.renew)
      one.paid++
    },
    upgrade() {
      if (!one) return
      fake.updateItems(one.id, [line])
      one.items = [item]
    },
    quantity() {
      const [first] = one?.items ?? []
      if (!one || !first) return
      fake.setQuantity(fake.itemsOf(one.id)[0] ?? '', which + 2)
      first.quantity = which + 2
    },
    add() {
      if (!one || one.items.some(({ plan }) => plan === item.plan)) return
      fake.addItem(one.id, line)
      one.items = [...one.items, item]
    },
    fail() {
      if (one?.status !== 'active' && one?.status !== 'trialing') return
      to('past_due', fake.failPayment)
      one.due = true
    },
    pay() {
      if (one?.status !== 'past_due') return
      to('active', fake.pay)
      if (one.due) one.paid++
      one.due = false
    },
    renew() {
      if (one?.status !== 'active') return
      fake.renew(one.id)
      one.paid++
    },
    'write off'() {
      if (one?.status !== 'past_due') return
      fake.writeOff(one.id)
      one.due = false
    },
    'dispute a period'() {
      const charge = one && fake.chargeOfPeriod(one.id)
      if (!one || charge === undefined) return
      const open = one.disputes.find(({ state }) => state === 'open')
      if (open) {
        open.state = which % 2 ? 'lost' : 'won'
        fake.closeDispute(open.id, open.state)
      } else if (one.disputes.every(({ of }) => of !== one.paid))
        one.disputes.push({ id: fake.dispute(charge), of: one.paid, state: 'open' })
    },
    'refund a period'() {
      const charge = one && fake.chargeOfPeriod(one.id)
      if (charge !== undefined && fake.thing('charge', charge).refunded === false) fake.refund(charge)
    },
    'pause collection': () => one && fake.pauseCollection(one.id),
    'resume collection': () => one && fake.resumeCollection(one.id),
    pause: () => (one?.status === 'active' || one?.status === 'trialing') && to('paused', fake.pause),
    resume: () => one?.status === 'paused' && to('active', fake.resume),
    unpaid: () => one?.status === 'past_due' && to('unpaid', (id) => fake.setStatus(id, 'unpaid')),
    cancel: () => to('canceled', (id) => fake.cancel(id)),
    'cancel later': () => one?.status === 'active' && fake.cancelAtPeriodEnd(one.id),
    buy() {
      const session = fake.completeCheckout({ mode: 'payment', customer, lines: [course] })
      purchases.push({ session, money: 'kept' })
    },
    bill() {
      const due = purchases.find(({ money }) => money === 'unpaid')
      if (due && which % 2) {
        fake.payBill(due.session)
        due.money = 'kept'
      } else purchases.push({ session: fake.billPaid(customer, [course]), money: 'kept' })
    },
    'bill unpaid'() {
      purchases.push({ session: fake.bill(customer, [course]), money: 'unpaid' })
    },
    refund() {
      if (!paid) return
      fake.refund(fake.chargeOf(paid.session))
      paid.money = 'back'
    },
    'refund a part'() {
      if (paid?.money !== 'kept') return
      fake.refund(fake.chargeOf(paid.session), 300)
      paid.money = 'partly back'
    },
    dispute() {
      if (disputed) return doing[which % 2 ? 'lose' : 'win']()
      if (paid?.money !== 'kept') return
      paid.dispute = fake.dispute(fake.chargeOf(paid.session))
      paid.money = 'disputed'
      if (which !== 3) return
      fake.closeDispute(paid.dispute, 'lost')
      paid.money = 'lost'
    },
    win() {
      if (!disputed) return
      fake.closeDispute(disputed.dispute ?? '', 'won')
      disputed.money = 'kept'
    },
    lose() {
      if (!disputed) return
      fake.closeDispute(disputed.dispute ?? '', 'lost')
      disputed.money = 'lost'
    },
    schedule() {
      if (which % 2 && schedules.some(({ calledOff }) => !calledOff)) return doing['call off']()
      const starts = Number(fake.thing('customer', customer).created) * 1000 + 30 * dayMs
      const id = fake.schedule(customer, [{ starts, ends: starts + 30 * dayMs, lines: [line] }])
      schedules.push({ id, item, calledOff: false })
    },
    'call off'() {
      const schedule = schedules.find(({ calledOff }) => !calledOff)
      if (!schedule) return
      fake.cancelSchedule(schedule.id)
      schedule.calledOff = true
    },
    features() {
      bought.features = which > 0
      fake.setFeatures(customer, bought.features ? [feature] : [])
    },
  }
  doing[act]()
}

function planOf({ organization }: Bought, which: number): Plan {
  if (which % 2) return 'pro'
  return organization ? 'staff' : 'team'
}

type Right = {
  readonly plan: string | null
  readonly product: string | null
  readonly source_ref: string
  readonly past_due: boolean
  /** Of the pool "staff"; of any other right null. */
  readonly seats: number | null
  readonly begun: boolean
}

/** "team with 3 seats, past due"; of what may be had several times at once also what it comes from. */
export function textOf({ plan, product, source_ref, past_due, seats, begun }: Right): string {
  const what = plan ?? `${product} by ${source_ref}`
  return `${what}${seats === null ? '' : ` with ${seats} seats`}${past_due ? ', past due' : ''}${begun ? '' : ', later'}`
}

/** What the customer has by it, each of it once. */
export function rightsOf(customer: string, bought: Bought): readonly string[] {
  const { subscriptions, purchases, schedules } = bought
  const usual = { plan: null, product: null, source_ref: '', past_due: false, seats: null, begun: true }
  const ofItem = ({ plan, quantity }: Item): Right =>
    plan === 'staff' ? { ...usual, plan: 'team', seats: quantity } : { ...usual, plan }
  const standing = subscriptions.filter(({ status }) => gives.has(status))
  const plans = standing
    .filter(isGood)
    .flatMap((one) =>
      one.items
        .filter((item) => !isRepeated(one, item, bought))
        .map((item): Right => ({ ...ofItem(item), past_due: one.status === 'past_due' })),
    )
  const courses = purchases
    .filter(({ money }) => money === 'kept' || money === 'partly back')
    .map(({ session }): Right => ({ ...usual, product: 'course', source_ref: session }))
  const later = schedules
    .filter(({ calledOff }) => !calledOff)
    .map(({ item }): Right => ({ ...ofItem(item), begun: false }))
  // Stripe does not say of which subscription a feature is: it counts as the best of those that sell it, or of all where
  // none does.
  const selling = standing.filter(({ items }) => items.some(({ plan }) => plan === featured))
  const sells = ({ plan }: Item) => selling.length === 0 || plan === featured
  const best = (selling.length > 0 ? selling : standing)
    .filter(isGood)
    .filter((one) => !one.items.some((item) => sells(item) && isRepeated(one, item, bought)))
  const past_due = best.every(({ status }) => status === 'past_due')
  const source_ref = `feature:${customer}:${feature}`
  const features: readonly Right[] =
    bought.features && best.length > 0 ? [{ ...usual, product: 'course', source_ref, past_due }] : []
  return [...plans, ...courses, ...later, ...features].map(textOf).sort()
}

const gives = new Set(['active', 'trialing', 'past_due'])

/** No payment for it is disputed, nor was lost if none came after it. */
function isGood({ disputes, paid }: Subscription): boolean {
  return !disputes.some(({ of, state }) => state === 'open' || (state === 'lost' && of === paid))
}

/** Of each plan a trial is had once: the first that there was of it. */
function isRepeated(one: Subscription, { plan }: Item, { subscriptions }: Bought): boolean {
  const before = subscriptions.slice(0, subscriptions.indexOf(one))
  const isTrial = one.status === 'trialing' || (one.status === 'past_due' && one.trial && one.paid === 0)
  return isTrial && before.some(({ trial, items }) => trial && items.some((other) => other.plan === plan))
}
