import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

type Stat = { readonly parent: number; readonly ticks: number }

/** CPU time (ms, user + system) of processes and all that they started, from /proc; one tick is 10 ms as a rule. */
export function cpuMsOf(root: number): number {
  const stats = new Map<number, Stat>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    const stat = Number.isInteger(pid) ? statOf(pid) : undefined
    if (stat) stats.set(pid, stat)
  }
  let ticks = 0
  for (const [pid, stat] of stats) if (isBelow(stats, pid, root)) ticks += stat.ticks
  return (ticks * 1000) / ticksPerSecond
}

/** How long (ms) a process's main thread was ready to run while others had its core. */
export function waitedMsOf(pid: number): number {
  const [, waitedNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')
  return Number(waitedNs) / 1e6
}

function isBelow(stats: ReadonlyMap<number, Stat>, pid: number, root: number): boolean {
  for (let at = pid; at > 1; at = stats.get(at)?.parent ?? 0) if (at === root) return true
  return false
}

function statOf(pid: number): Stat | undefined {
  try {
    // The name in parentheses may hold anything; the fields after it count from the state, number 3.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const field = (number: number) => Number(fields[number - 3])
    return { parent: field(4), ticks: field(14) + field(15) }
  } catch {
    return undefined
  }
}
