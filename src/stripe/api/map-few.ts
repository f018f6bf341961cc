import { together } from './together.ts'

const few = 3

/** In order, a few at a time: a customer with much to ask for must not wait for its own requests too long. */
export async function mapFew<From, To>(
  all: readonly From[],
  map: (each: From) => Promise<To>,
): Promise<To[]> {
  const done: To[] = []
  const rest = all.entries()
  const work = async (): Promise<void> => {
    for (const [place, each] of rest) done[place] = await map(each)
  }
  await together(Array.from({ length: few }, work))
  return done
}
