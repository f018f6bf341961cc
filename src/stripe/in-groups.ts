const atOnce = 100

/** A hundred at a time: one question to the database for all of them. */
export async function* inGroups<T>(all: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let some: T[] = []
  for await (const one of all) {
    some.push(one)
    if (some.length < atOnce) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}
