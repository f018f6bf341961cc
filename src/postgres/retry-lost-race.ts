import { setTimeout as sleep } from 'node:timers/promises'
import { translate } from './translate-error.ts'

const attempts = 5

/**
 * Tries again what lost a race: a deadlock, a serialization failure, a table that was migrated under a prepared
 * statement. Throws the last failure, translated.
 */
export async function retryLostRace<T>(attempt: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await attempt()
    } catch (error) {
      if (n === attempts || !isLostRace(error)) throw translate(error)
      await sleep(2 ** n * (1 + Math.random()))
    }
  }
}

function isLostRace(error: unknown): boolean {
  const { code, routine } = error as { code?: unknown; routine?: unknown }
  return code === '40001' || code === '40P01' || routine === 'RevalidateCachedQuery'
}
