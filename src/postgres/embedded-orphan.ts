import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Cluster, runProgram } from './embedded-cluster.ts'
import { commandOf } from './process-start.ts'

/**
 * Stops a server whose owner was killed. Only called by whoever holds the lock.
 * The process id in its file may be somebody else's by now: such a process is left alone.
 */
export async function stopOrphan(cluster: Cluster): Promise<boolean> {
  const file = join(cluster.data, 'postmaster.pid')
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return false
  const command = await commandOf(Number(text.split('\n')[0]))
  if (!command?.includes(cluster.data)) {
    await rm(file, { force: true })
    return false
  }
  for (const mode of ['fast', 'immediate']) {
    const args = ['stop', '-D', cluster.data, '-m', mode, '-w', '-t', '4', '-s']
    if (await runProgram(cluster, 'pg_ctl', args).then(stopped, notStopped)) return true
  }
  throw new Error(`The server that an earlier run left in ${cluster.data} does not stop.`)
}

const stopped = () => true
const notStopped = () => false
