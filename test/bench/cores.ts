import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Where the measured and the measuring run: never on the same core where there are two. */
export type Cores = { readonly server: number; readonly load: number }

/** The first two cores this process may use. Fails where pinning and CPU time cannot be had. */
export function twoCores(): Cores {
  if (process.platform !== 'linux' || spawnSync('taskset', ['-V']).status !== 0) {
    throw new Error('The benchmark pins processes and reads their CPU time: it needs Linux with taskset.')
  }
  const [server, load] = coresOf(readFileSync('/proc/self/status', 'utf8'))
  if (server === undefined) throw new Error('No core can be found in /proc/self/status.')
  return { server, load: load ?? server }
}

function coresOf(status: string): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}
