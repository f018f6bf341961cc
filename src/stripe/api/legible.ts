import { StripeFailure } from './stripe-failure.ts'

/** What fails otherwise than a request does was said in a form that we cannot read: waiting alone does not mend it. */
function illegible(what: string, error: unknown): StripeFailure {
  if (error instanceof StripeFailure) return error
  const failure = new StripeFailure('refused', `${what}: the answer cannot be read`)
  failure.cause = error
  return failure
}

export async function legible<Read>(what: string, read: () => Promise<Read>): Promise<Read> {
  try {
    return await read()
  } catch (error) {
    throw illegible(what, error)
  }
}

export async function* legibleEach<Read>(
  what: string,
  read: () => AsyncIterable<Read>,
): AsyncGenerator<Read> {
  try {
    yield* read()
  } catch (error) {
    throw illegible(what, error)
  }
}
