import { expect, test } from 'vitest'
import { AppError } from '#core/errors.ts'
import { StripeFailure } from '#stripe/api/stripe-failure.ts'
import { judgeFailure } from '#stripe/judge-failure.ts'

const judged = (error: unknown, attempts = 2) => judgeFailure(error, { attempts, now: 1000, random: 0.5 })

test('F45 no answer counts as a failure, and as no reason to give up', () => {
  expect(judged(new StripeFailure('unavailable', 'no answer'))).toEqual({
    away: true,
    attempts: 3,
    stripe: 'away',
    error: 'unavailable: no answer',
    due_at: 1000 + 2000,
  })
})

test('F46 who says how long to wait is believed, and waits no longer for having been asked to before', () => {
  const { attempts, due_at, stripe } = judged(new StripeFailure('limited', 'slow down', 7000), 8)
  expect({ attempts, due_at, stripe }).toEqual({ attempts: 8, due_at: 1000 + 7000 + 500, stripe: 'waits' })
  expect(judged(new StripeFailure('limited', 'slow down'), 8)).toMatchObject({ attempts: 9, stripe: 'away' })
})

test('a refusal is an answer; what is ours says nothing of Stripe, and shows nothing that was not written to be read', () => {
  expect(judged(new StripeFailure('refused', 'no such price'))).toMatchObject({
    away: false,
    stripe: 'answers',
  })
  expect(judged(new StripeFailure('missing', 'not there'))).toMatchObject({ away: false, stripe: 'answers' })
  const key = new StripeFailure('refused', 'the API key is not there', undefined, true)
  expect(judged(key)).toMatchObject({
    away: true,
    stripe: 'away',
    error: 'refused: the API key is not there',
  })
  const ours = judged(new TypeError('cannot read sk_live_secret'))
  expect(ours).toMatchObject({ away: false, error: 'INTERNAL: see the log of the server.' })
  expect(ours).not.toHaveProperty('stripe')
  const database = judged(new AppError('DATABASE_UNAVAILABLE', 'away'))
  expect(database.away).toBe(true)
  expect(database).not.toHaveProperty('stripe')
})
