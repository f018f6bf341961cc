/**
 * A bounded map that keeps what is used: entries live in the young generation, move to the old one when it is full,
 * come back when read, and are forgotten with the old one. Holds at most `size` entries; a read costs one or two look-ups.
 */
export type Generations<Value> = {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
  size(): number
}

export function createGenerations<Value>(size: number): Generations<Value> {
  const half = Math.max(1, Math.floor(size / 2))
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()

  function set(key: string, value: Value): void {
    old.delete(key)
    if (young.size >= half && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }

  return {
    get(key) {
      const found = young.get(key)
      if (found !== undefined) return found
      const aged = old.get(key)
      if (aged !== undefined) set(key, aged)
      return aged
    },
    set,
    delete(key) {
      young.delete(key)
      old.delete(key)
    },
    size: () => young.size + old.size,
  }
}
