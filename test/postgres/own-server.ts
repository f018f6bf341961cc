import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { findBinaries, usableBinaries } from '#postgres/embedded-binaries.ts'
import { openCluster, programOptions, superuser } from '#postgres/embedded-cluster.ts'
import { giveToServer, serverUid } from '#postgres/embedded-place.ts'
import { freePort, hasEnded, stopServer } from '#postgres/embedded-server.ts'
import { discard } from './leftovers.ts'

const run = promisify(execFile)

/** A server to kill, to set back and to make a standby of. Always at the same address. */
export type OwnServer = {
  readonly url: string
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  /** SIGKILL to the postmaster; its children follow. */
  readonly kill: () => Promise<void>
  /** Everything stands still, or goes on. */
  readonly freeze: (frozen: boolean) => Promise<void>
  /** Keeps a copy of the data under a name. Only while stopped, as `putBack`. */
  readonly keep: (name: string) => Promise<void>
  readonly putBack: (name: string) => Promise<void>
  /** The next start is in recovery, until it is promoted. Only while stopped. */
  readonly becomeStandby: () => Promise<void>
  readonly remove: () => Promise<void>
}

export async function ownServer(): Promise<OwnServer> {
  const folder = await mkdtemp(join(inject('scratch'), 'own-'))
  let child: ChildProcess | undefined
  const atExit = () => discard(folder, child?.pid)
  process.once('exit', atExit)
  await chmod(folder, 0o755)
  const cluster = await openCluster(await usableBinaries(await findBinaries(), serverUid, folder), folder)
  const port = await freePort()

  async function start(): Promise<void> {
    // Just after a kill the old children may hold the shared memory for a moment.
    for (let attempt = 0; attempt < 40; attempt++) {
      child = launch()
      if (await isUp(child)) return
      await sleep(100)
    }
    throw new Error('The server does not start.')
  }

  function launch(): ChildProcess {
    const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' }
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const program = join(cluster.native, 'bin', 'postgres')
    return spawn(program, ['-D', cluster.data, ...args], { ...programOptions(cluster), stdio: 'ignore' })
  }

  async function isUp(started: ChildProcess): Promise<boolean> {
    while (!hasEnded(started)) {
      const text = await readFile(join(cluster.data, 'postmaster.pid'), 'utf8').catch(() => '')
      const lines = text.split('\n')
      const state = lines[7]?.trim()
      if (lines[0] === String(started.pid) && (state === 'ready' || state === 'standby')) return true
      await sleep(20)
    }
    return false
  }

  async function stop(): Promise<void> {
    if (child) await stopServer(child)
  }

  await start()
  return {
    url: `postgres://${superuser}:${cluster.password}@127.0.0.1:${port}/postgres`,
    start,
    stop,
    async kill() {
      const gone = new Promise((resolve) => child?.once('exit', resolve))
      child?.kill('SIGKILL')
      await gone
    },
    async freeze(frozen) {
      const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(child?.pid)])
      const pids = [child?.pid ?? 0, ...stdout.trim().split(/\s+/).map(Number)]
      for (const pid of pids) process.kill(pid, frozen ? 'SIGSTOP' : 'SIGCONT')
    },
    keep: async (name) => void (await run('cp', ['-a', cluster.data, join(folder, name)])),
    async putBack(name) {
      await rm(cluster.data, { recursive: true })
      await run('cp', ['-a', join(folder, name), cluster.data])
    },
    async becomeStandby() {
      const signal = join(cluster.data, 'standby.signal')
      await writeFile(signal, '')
      await giveToServer(signal)
    },
    async remove() {
      process.off('exit', atExit)
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
