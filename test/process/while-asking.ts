import { fork } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import type { Asked, Checks } from './check-sender.ts'
import { goFirst } from './go-first.ts'

/** Asks a server while something is done, from a process that no work of the test holds up. */
export async function whileAsking<T>(
  checks: Checks & { readonly goesFirst: boolean },
  work: () => Promise<T>,
): Promise<Asked & { readonly result: T }> {
  const asker = fork(new URL('./check-sender.ts', import.meta.url), { detached: true, execArgv: [] })
  onTestFinished(() => void asker.kill())
  // Before the server too, as clients on other machines are: its threads that compile and collect took both cores from them.
  if (checks.goesFirst) goFirst(asker.pid, 2)
  asker.send(checks)
  const result = await work()
  asker.send('stop')
  const [said] = (await once(asker, 'message')) as [Asked]
  return { result, ...said }
}

/** Of ascending latencies, in ms. */
export function latencyAt(ascending: readonly number[], share: number): string {
  return (ascending[Math.floor(ascending.length * share)] ?? 0).toFixed(1)
}
