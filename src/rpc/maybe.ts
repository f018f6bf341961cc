/** A value that is there, or will be. A Check must not pay for a promise it does not need. */
export type Maybe<T> = T | Promise<T>

export function andThen<T, U>(value: Maybe<T>, next: (value: T) => Maybe<U>): Maybe<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}
