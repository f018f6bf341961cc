import { AppError } from '#core/errors.ts'
import type { Sql, Tx } from './pool.ts'

/** Below what callers wait for an answer. */
const acquireMs = 3000

type Options = {
  /** Such as 'read only'. */
  readonly mode?: string
  /** ms until a connection must be there. */
  readonly acquireMs?: number
}

/**
 * A transaction that begins soon or never: where no connection is free, or the driver keeps the statement for when
 * the database is back, it fails with DATABASE_UNAVAILABLE, and `work` does not run later behind the caller's back.
 */
export async function begin<T>(sql: Sql, options: Options, work: (tx: Tx) => Promise<T>): Promise<T> {
  const unavailable = new AppError('DATABASE_UNAVAILABLE', 'The database gives no connection in time.')
  let tooLate = false
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      tooLate = true
      reject(unavailable)
    }, options.acquireMs ?? acquireMs)
  })
  const transaction = sql.begin(options.mode ?? '', async (tx) => {
    if (tooLate) throw unavailable
    clearTimeout(timer)
    return { result: await work(tx) }
  })
  try {
    const { result } = (await Promise.race([transaction, late])) as { result: T }
    return result
  } finally {
    clearTimeout(timer)
    // Where it was too late nobody waits for it any more.
    transaction.catch(() => {})
  }
}
