import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '#observe/logger.ts'

type Activation = { readonly at: number; readonly revision: string }

export type BundleHistory = {
  readonly activated: (revision: string) => void
  /** The bundle in force at that moment (ms); undefined from before what is known. */
  readonly at: (ms: number) => string | undefined
}

/** Which bundle this server used when: one line for each change, kept in the data folder. */
export function openBundleHistory(folder: string, now: () => number, log: Log): BundleHistory {
  const file = join(folder, 'bundles.jsonl')
  const known = existsSync(file) ? readFileSync(file, 'utf8').split('\n').flatMap(parsed) : []
  return {
    activated(revision) {
      if (known.at(-1)?.revision === revision) return
      const activation = { at: now(), revision }
      known.push(activation)
      try {
        appendFileSync(file, `${JSON.stringify(activation)}\n`, { mode: 0o600 })
      } catch (err) {
        log.warn({ err }, 'which bundle is in force cannot be kept')
      }
    },
    at: (ms) => known.findLast(({ at }) => at <= ms)?.revision,
  }
}

/** A line that was cut says nothing. */
function parsed(line: string): Activation[] {
  try {
    const { at, revision } = JSON.parse(line) as Activation
    return typeof at === 'number' && typeof revision === 'string' ? [{ at, revision }] : []
  } catch {
    return []
  }
}
