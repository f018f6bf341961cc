import fc from 'fast-check'

/** The value once in `n` times, else `otherwise`. The freq of fc.option is how often there is none. */
export function oneIn<T>(n: number, value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined>
export function oneIn<T, U>(n: number, value: fc.Arbitrary<T>, otherwise: U): fc.Arbitrary<T | U>
export function oneIn<T, U>(
  n: number,
  value: fc.Arbitrary<T>,
  otherwise?: U,
): fc.Arbitrary<T | U | undefined> {
  return fc.oneof({ weight: n - 1, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary: value })
}
