import type { Sql, Tx } from '#postgres/pool.ts'

class Undone extends Error {}

/** The same pool, but no transaction is ever committed: what it answers is given, what it did is taken back. */
export function rolledBack(sql: Sql): Sql {
  const begin = async (mode: string, work: (tx: Tx) => Promise<unknown>) => {
    let result: unknown
    try {
      await sql.begin(mode, async (tx) => {
        result = await work(tx)
        throw new Undone()
      })
    } catch (error) {
      if (!(error instanceof Undone)) throw error
    }
    return result
  }
  return new Proxy(sql, { get: (target, name) => (name === 'begin' ? begin : Reflect.get(target, name)) })
}
