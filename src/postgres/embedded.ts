import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findBinaries, usableBinaries } from './embedded-binaries.ts'
import { type Cluster, openCluster, superuser } from './embedded-cluster.ts'
import { takeLock } from './embedded-lock.ts'
import { stopOrphan } from './embedded-orphan.ts'
import { placeFor, serverUid } from './embedded-place.ts'
import { freePort, hasEnded, spawnServer, stopServer } from './embedded-server.ts'

export type EmbeddedOptions = {
  readonly dataDir: string
  /** Told what the operator should know, one sentence at a time. */
  readonly notice?: (text: string) => void
  /** Default: a free one. */
  readonly port?: number
  /** Server settings on top, such as {fsync: 'off'} for tests. */
  readonly settings?: Readonly<Record<string, string>>
}

export type Embedded = {
  readonly url: string
  /** Where the data is: under dataDir, or elsewhere where that cannot be entered (see the notice). */
  readonly folder: string
  /** The server's process id; changes when it had to be started again. */
  readonly pid: () => number
  /** Leaves no process. Under 5 s. */
  readonly stop: () => Promise<void>
}

/**
 * A real Postgres of our own, on the loopback, for as long as this process lives. It is started again
 * if it dies. Fails where another living process holds the folder.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const notice = options.notice ?? (() => {})
  const found = await findBinaries()
  const place = await placeFor(options.dataDir)
  if (place.moved)
    notice(`${options.dataDir} is closed to the database's user: its data is in ${place.folder}.`)
  const release = await takeLock(join(place.folder, 'postgres.lock'))
  try {
    const native = await usableBinaries(found, serverUid, place.folder)
    const cluster = await openCluster(native, place.folder)
    if (await stopOrphan(cluster)) notice('Stopped the database that an earlier run had left behind.')
    return await supervise(cluster, options, notice, release)
  } catch (error) {
    await release()
    throw error
  }
}

async function supervise(
  cluster: Cluster,
  options: EmbeddedOptions,
  notice: (text: string) => void,
  release: () => Promise<void>,
): Promise<Embedded> {
  let stopping = false
  let restart: Promise<void> | undefined
  let { child, port } = await startWithRetry(cluster, options)
  const watch = () => {
    child.once('exit', () => {
      if (stopping) return
      notice('The embedded Postgres died and is started again.')
      restart = startWithRetry(cluster, { ...options, port }).then(
        (started) => {
          child = started.child
          watch()
        },
        (error: unknown) => notice(`The embedded Postgres could not be started again: ${String(error)}`),
      )
    })
  }
  watch()
  const end = async () => {
    await restart
    await stopServer(child)
    await release()
  }
  // Once: a second call must not release what the next owner has locked.
  let ended: Promise<void> | undefined
  const stop = () => {
    stopping = true
    ended ??= end()
    return ended
  }
  const url = `postgres://${superuser}:${cluster.password}@127.0.0.1:${port}/postgres`
  return { url, folder: cluster.folder, pid: () => child.pid ?? 0, stop }
}

// Right after its postmaster was killed, the old children still hold the shared memory for a moment;
// and a free port may be taken in between.
async function startWithRetry(
  cluster: Cluster,
  options: EmbeddedOptions,
): Promise<{ child: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort())
    try {
      const child = await spawnServer(cluster, port, options.settings ?? {})
      if (!hasEnded(child)) return { child, port }
    } catch (error) {
      if (attempt === 8) throw error
    }
    await sleep(150 * attempt)
  }
}
