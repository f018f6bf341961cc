import fc from 'fast-check'
import type { Fault } from './fake/faults.ts'
import type { FakeStripe } from './fake/start-fake-stripe.ts'

const acts = [
  'subscribe',
  'upgrade',
  'quantity',
  'add',
  'fail',
  'pay',
  'write off',
  'pause collection',
  'resume collection',
  'pause',
  'resume',
  'unpaid',
  'cancel',
  'cancel later',
  'buy',
  'refund',
  'refund a part',
  'dispute',
  'win',
  'lose',
] as const

type Post = 'now' | 'twice' | 'late' | 'lost'

export type Step = {
  readonly person: number
  readonly act: (typeof acts)[number]
  /** Of what the person has, which one. */
  readonly which: number
  /** What becomes of each of its events, in turn. */
  readonly post: readonly Post[]
  /** After so many turns of the event loop the worker is killed; undefined: it lives. */
  readonly kill: number | undefined
  /** Instead of an answer of Stripe's, after some others. */
  readonly fault: { readonly kind: Fault; readonly skip: number } | undefined
  /** Then everything comes to rest, but for what is late. */
  readonly calm: boolean
}

function historyWith(...posts: readonly Post[]): fc.Arbitrary<readonly Step[]> {
  return fc.array(stepWith(posts), { minLength: 3, maxLength: 16 })
}

const stepWith = (posts: readonly Post[]): fc.Arbitrary<Step> =>
  fc.record({
    person: fc.nat(2),
    // Without a purchase most acts are none.
    act: fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom('subscribe', 'buy') },
      { weight: 4, arbitrary: fc.constantFrom(...acts) },
    ),
    which: fc.nat(3),
    post: fc.array(fc.constantFrom(...posts), { minLength: 1, maxLength: 4 }),
    kill: fc.option(fc.nat(60), { nil: undefined, freq: 6 }),
    fault: fc.option(
      fc.record({ kind: fc.constantFrom<Fault>('cut', 'half', 429, 500, 401), skip: fc.nat(6) }),
      { nil: undefined, freq: 3 },
    ),
    calm: fc.boolean(),
  })

/** What happens to a few customers, and to the news of it: half of the time none of that is lost. */
export const anyHistory = fc.oneof(
  historyWith('now', 'twice', 'late'),
  historyWith('now', 'twice', 'late', 'lost'),
)

type Subscription = { readonly id: string; status: string; plans: readonly ('pro' | 'team')[] }
type Purchase = {
  readonly session: string
  money: 'kept' | 'partly back' | 'back' | 'disputed' | 'lost'
  dispute?: string
}

/** The model: what one person bought, in as few words as tell what it gives. */
export type Bought = { readonly subscriptions: Subscription[]; readonly purchases: Purchase[] }

export const prices = { pro: 'price_pro', team: 'price_team', course: 'price_course' } as const

/** Does it at Stripe and to the model; nothing where it makes no sense. */
export function perform(fake: FakeStripe, customer: string, bought: Bought, { act, which }: Step): void {
  const { subscriptions, purchases } = bought
  const live = subscriptions.filter(({ status }) => status !== 'canceled')
  const one = live[which % Math.max(1, live.length)]
  const kept = purchases.filter(({ money }) => money === 'kept' || money === 'partly back')
  const paid = kept[which % Math.max(1, kept.length)]
  const disputed = purchases.find(({ money }) => money === 'disputed')
  const plan = which % 2 ? 'pro' : 'team'
  const to = (status: string, happens: (id: string) => void) => {
    if (!one) return
    happens(one.id)
    one.status = status
  }
  const doing: Readonly<Record<Step['act'], () => void>> = {
    subscribe() {
      const id = fake.subscribe(customer, [{ price: prices[plan], quantity: which + 1 }])
      subscriptions.push({ id, status: 'active', plans: [plan] })
    },
    upgrade() {
      if (!one) return
      fake.updateItems(one.id, [{ price: prices[plan] }])
      one.plans = [plan]
    },
    quantity: () => one && fake.setQuantity(fake.itemsOf(one.id)[0] ?? '', which + 2),
    add() {
      if (!one || one.plans.includes(plan)) return
      fake.addItem(one.id, { price: prices[plan] })
      one.plans = [...one.plans, plan]
    },
    fail: () => one?.status === 'active' && to('past_due', fake.failPayment),
    pay: () => one?.status === 'past_due' && to('active', fake.pay),
    'write off': () => one?.status === 'past_due' && fake.writeOff(one.id),
    'pause collection': () => one && fake.pauseCollection(one.id),
    'resume collection': () => one && fake.resumeCollection(one.id),
    pause: () => one?.status === 'active' && to('paused', fake.pause),
    resume: () => one?.status === 'paused' && to('active', fake.resume),
    unpaid: () => one?.status === 'past_due' && to('unpaid', (id) => fake.setStatus(id, 'unpaid')),
    cancel: () => to('canceled', (id) => fake.cancel(id)),
    'cancel later': () => one?.status === 'active' && fake.cancelAtPeriodEnd(one.id),
    buy() {
      const session = fake.completeCheckout({ mode: 'payment', customer, lines: [{ price: prices.course }] })
      purchases.push({ session, money: 'kept' })
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
      if (paid?.money !== 'kept') return
      paid.dispute = fake.dispute(fake.chargeOf(paid.session))
      paid.money = 'disputed'
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
  }
  doing[act]()
}

/** What the person has by it: plans and products, a word for each source. */
export function rightsOf({ subscriptions, purchases }: Bought): readonly string[] {
  const gives = new Set(['active', 'past_due'])
  const plans = subscriptions
    .filter(({ status }) => gives.has(status))
    .flatMap(({ plans, status }) =>
      plans.map((plan) => `${plan}${status === 'past_due' ? ', past due' : ''}`),
    )
  const courses = purchases
    .filter(({ money }) => money === 'kept' || money === 'partly back')
    .map(({ session }) => `course by ${session}`)
  return [...plans, ...courses].sort()
}
