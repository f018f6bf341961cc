import type { Sql, Tx } from '#postgres/pool.ts'
import type { StripeApi } from '#stripe/api/create-api.ts'

/**
 * Kills at a point: before each statement and commit, when a transaction is done, before a question to Stripe, and when
 * its answer is there. From the `at`-th on nothing that is awaited ever comes.
 */
export function killedAt(at: number) {
  const killed = Promise.withResolvers<string>()
  const never = new Promise<never>(() => undefined)
  const passed: string[] = []

  async function point(name: string): Promise<void> {
    if (passed.length === at) return never
    passed.push(name)
    if (passed.length < at) return
    killed.resolve(name)
    return never
  }

  async function after<T>(name: string, work: PromiseLike<T>): Promise<T> {
    const result = await work
    await point(`after ${name}`)
    return result
  }

  function statementAt(statement: Promise<unknown>, name: string): Promise<unknown> {
    let answer: Promise<unknown> | undefined
    return new Proxy(statement, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property)
        if (typeof value !== 'function') return value
        if (property !== 'then') return value.bind(target)
        return (...reactions: Parameters<Promise<unknown>['then']>) => {
          answer ??= point(`before ${name}`).then(() => target)
          return answer.then(...reactions)
        }
      },
    })
  }

  const transaction = (tx: Tx): Tx =>
    new Proxy(tx, {
      apply(target, self, args) {
        const made: unknown = Reflect.apply(target, self, args)
        const [{ raw }] = args as [{ readonly raw?: readonly string[] }]
        // The rest is for parts of statements.
        if (raw === undefined) return made
        const name = nameOf(raw)
        // The first of each transaction, before which nothing is done.
        return name.startsWith('select set_config') ? made : statementAt(made as Promise<unknown>, name)
      },
    })

  /** The pool of the process that is killed. */
  const wrapSql = (sql: Sql): Sql =>
    new Proxy(sql, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (name !== 'begin') return typeof value === 'function' ? value.bind(target) : value
        return (mode: string, work: (tx: Tx) => Promise<unknown>) =>
          after(
            'a transaction',
            target.begin(mode, async (tx) => {
              const result = await work(transaction(tx))
              await point('before a commit')
              return result
            }),
          )
      },
    })

  const wrapApi = (api: StripeApi): StripeApi =>
    new Proxy(api, {
      get(target, name) {
        const value = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>
        return async (...args: unknown[]) => {
          await point(`before ${String(name)}`)
          return after(String(name), value(...args))
        }
      },
    })

  return { wrapSql, wrapApi, passed, killed: killed.promise }
}

function nameOf(texts: readonly string[]): string {
  return texts.join('…').trim().replace(/\s+/g, ' ').slice(0, 60)
}
