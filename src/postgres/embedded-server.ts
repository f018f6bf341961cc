import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Cluster, programOptions } from './embedded-cluster.ts'
import { lowerPriority } from './lower-priority.ts'

/** Starts the server and waits until it takes connections. Fails with the end of its log where it stops instead. */
export async function spawnServer(
  cluster: Cluster,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const wanted = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Without "$user": our superuser is named like our schema, and a name without its schema must fail here too.
    search_path: 'public',
    // Zeros that are written over at once: the file systems of today need none.
    wal_init_zero: 'off',
    // Vacuum gives way, as it did by default up to Postgres 11: an import is followed, not accompanied by it.
    autovacuum_vacuum_cost_delay: '20ms',
    ...settings,
  }
  const logFile = join(cluster.folder, 'postgres.log')
  const log = openSync(logFile, 'w', 0o600)
  const args = Object.entries(wanted).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  // Detached: an interrupt from the keyboard must reach us alone, who stop it last.
  const child = spawn(join(cluster.native, 'bin', 'postgres'), ['-D', cluster.data, ...args], {
    ...programOptions(cluster),
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  // Answering goes before writing and following, where an import fills all cores.
  lowerPriority(child.pid, 5)
  child.unref()
  // A process that ends without stopping it takes the server with it where it still can.
  const atExit = () => void child.kill('SIGINT')
  process.once('exit', atExit)
  child.once('exit', () => process.off('exit', atExit))
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  await Promise.race([untilReady(cluster, child, logFile), failed])
  return child
}

async function untilReady(cluster: Cluster, child: ChildProcess, logFile: string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 20) {
    if (hasEnded(child)) {
      const tail = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5).join('\n')
      throw new Error(`The embedded Postgres stopped at once:\n${tail}`)
    }
    const lines = (await readFile(join(cluster.data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
    if (lines[0] === String(child.pid) && lines[7]?.trim() === 'ready') return
    await sleep(20)
  }
  child.kill('SIGQUIT')
  throw new Error('The embedded Postgres was not ready within a minute.')
}

/** Stops it fast (open transactions are rolled back), else at once. Leaves no process. */
export async function stopServer(child: ChildProcess): Promise<void> {
  for (const [signal, wait] of stops) {
    if (hasEnded(child)) return
    child.ref()
    const ended = new Promise<void>((done) => child.once('exit', () => done()))
    child.kill(signal)
    const patience = new AbortController()
    await Promise.race([ended, sleep(wait, undefined, { signal: patience.signal })])
    patience.abort()
  }
}

const stops = [
  ['SIGINT', 3000],
  ['SIGQUIT', 1000],
  ['SIGKILL', 500],
] as const

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', listening)
  })
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  if (address === null || typeof address === 'string') throw new Error('No free port.')
  return address.port
}
