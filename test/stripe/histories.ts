import fc from 'fast-check'
import { oneIn } from '#test/one-in.ts'
import type { Fault } from './fake/faults.ts'

const acts = [
  'subscribe',
  'try',
  'convert',
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
  'bill',
  'bill unpaid',
  'refund',
  'refund a part',
  'dispute',
  'win',
  'lose',
  'schedule',
  'call off',
  'features',
  'renew',
  'dispute a period',
  'refund a period',
] as const

type Post = 'now' | 'twice' | 'late' | 'lost'

export type Act = (typeof acts)[number]

export type Step = {
  /** The last one is an organization. */
  readonly person: number
  readonly act: Act
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
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          'subscribe',
          'subscribe',
          'try',
          'buy',
          'bill',
          'dispute',
          'schedule',
          'features',
        ),
      },
      { weight: 4, arbitrary: fc.constantFrom(...acts) },
    ),
    which: fc.nat(3),
    post: fc.array(fc.constantFrom(...posts), { minLength: 1, maxLength: 4 }),
    // One in ten: what is cut off costs new connections.
    kill: oneIn(10, fc.nat(60)),
    fault: oneIn(
      3,
      fc.record({ kind: fc.constantFrom<Fault>('cut', 'half', 429, 500, 401), skip: fc.nat(6) }),
    ),
    calm: fc.boolean(),
  })

/** What happens to a few customers, and to the news of it: half of the time none of that is lost. */
export const anyHistory = fc.oneof(
  historyWith('now', 'twice', 'late'),
  historyWith('now', 'twice', 'late', 'lost'),
)

/** Of one person, who is told of at once: what chance seldom makes. */
const told = (...acts: readonly (readonly [Act, number])[]): readonly Step[] =>
  acts.map(([act, which]) => ({
    ...{ person: 0, act, which, post: ['now'], kill: undefined, fault: undefined, calm: true },
  }))

export const knownHistories: readonly (readonly Step[])[] = [
  // A trial that is had again gives nothing, and no feature.
  told(['features', 1], ['try', 1], ['cancel', 0], ['try', 1]),
  // Nor beside what is paid, if that does not sell it; then it is paid.
  told(['features', 1], ['try', 1], ['cancel', 0], ['subscribe', 0], ['try', 1], ['convert', 1]),
  told(['features', 1], ['try', 1], ['cancel', 0], ['subscribe', 0], ['try', 1]),
  // Nor days of grace, if it was never paid for.
  told(['try', 1], ['cancel', 0], ['try', 1], ['fail', 0]),
  // What is past due is, though something else is paid.
  told(['features', 1], ['subscribe', 1], ['subscribe', 0], ['fail', 0]),
  // A period's money is disputed, lost, and paid again; a refund says nothing.
  told(['features', 1], ['subscribe', 1], ['dispute a period', 0]),
  told(['subscribe', 1], ['dispute a period', 0], ['dispute a period', 1], ['fail', 0]),
  told(['subscribe', 1], ['dispute a period', 0], ['dispute a period', 1], ['fail', 0], ['pay', 0]),
  told(['subscribe', 1], ['dispute a period', 0], ['dispute a period', 0], ['refund a period', 0]),
]
