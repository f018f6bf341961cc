import { AppError } from '#core/errors.ts'

type Waiter = {
  readonly isMet: () => boolean
  readonly resolve: () => void
}

/** Those who wait until the snapshot is as fresh as they need, each for a bounded time. */
export class Waiters {
  readonly #waiting = new Set<Waiter>()

  /** Rejects with NOT_FRESH_ENOUGH at the timeout (ms). `metadata` says what was asked. */
  until(isMet: () => boolean, timeoutMs: number, metadata: Readonly<Record<string, string>>): Promise<void> {
    if (isMet()) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const waiter = {
        isMet,
        resolve: () => {
          clearTimeout(timer)
          this.#waiting.delete(waiter)
          resolve()
        },
      }
      const timer = setTimeout(
        () => {
          this.#waiting.delete(waiter)
          reject(
            new AppError('NOT_FRESH_ENOUGH', 'The data did not become as fresh as asked in time.', metadata),
          )
        },
        Math.max(0, timeoutMs),
      )
      this.#waiting.add(waiter)
    })
  }

  /** Looks again at all of them. */
  check(): void {
    for (const waiter of [...this.#waiting]) if (waiter.isMet()) waiter.resolve()
  }
}
