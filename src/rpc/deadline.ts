import { AppError } from '#core/errors.ts'
import { limits } from './limits.ts'
import type { Maybe } from './maybe.ts'

/** The moment by which an answer is due: the client's wish, at most `longest` ms away. Epoch milliseconds. */
export function cappedDeadline(wanted: number, now: number, longest: number = limits.deadlineMs): number {
  return Math.min(wanted, now + longest)
}

/** Milliseconds left, never below 0. */
export function remaining(deadline: number, now: number): number {
  return Math.max(0, deadline - now)
}

/** The value, or DEADLINE when a promised one comes too late. Costs nothing for a value that is there. */
export function withinDeadline<T>(value: Maybe<T>, deadline: number, now: number): Maybe<T> {
  if (!(value instanceof Promise)) return value
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), remaining(deadline, now))
    value.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function late(): AppError {
  return new AppError('DEADLINE', 'The answer was not ready in time.')
}
