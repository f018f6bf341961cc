import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '#postgres/embedded.ts'
import type { Cores } from './cores.ts'
import { freeAddress, type Started, startPinned } from './processes.ts'

export type World = {
  readonly databaseUrl: string
  /** Where the measured server keeps its keys and its journal. */
  readonly data: string
  /** host:port */
  readonly grpc: string
  readonly http: string
  /** The operator's key. */
  readonly key: string
  readonly server: Started
  /** An empty folder for others. */
  readonly scratch: string
  readonly stop: () => Promise<void>
}

type Options = {
  readonly root: string
  readonly cores: Cores
  /** Flags for the measured server's runtime. */
  readonly nodeFlags: readonly string[]
}

/**
 * A fresh database with the demo and one server on it with its default settings: journal, metrics and all.
 * The database is started here and not by the server, so that it has neither the server's core nor counts as it.
 */
export async function startWorld({ root, cores, nodeFlags }: Options): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'vouchsafe-bench-'))
  await chmod(folder, 0o755)
  const remove = (path: string) => rm(path, { recursive: true, force: true })
  const stops: (() => Promise<void>)[] = [() => remove(folder)]
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each()
  }
  try {
    const database = await startEmbedded({ dataDir: join(folder, 'database') })
    stops.push(() => remove(database.folder), database.stop)
    const data = join(folder, 'server')
    const scratch = join(folder, 'scratch')
    for (const each of [data, scratch]) await mkdir(each)
    const grpc = await freeAddress()
    const http = await freeAddress()
    const server = await startPinned({
      core: cores.server,
      command: process.execPath,
      // As `npm start` starts it.
      args: ['--max-semi-space-size=4', ...nodeFlags, join(root, 'bin/vouchsafe.js'), 'serve'],
      cwd: scratch,
      env: {
        DATABASE_URL: database.url,
        VOUCHSAFE_SECRET: randomBytes(32).toString('base64url'),
        VOUCHSAFE_DATA: data,
        VOUCHSAFE_DEMO: 'on',
        VOUCHSAFE_GRPC_ADDRESS: grpc,
        VOUCHSAFE_HTTP_ADDRESS: http,
        VOUCHSAFE_TRUSTED_PROXIES: '127.0.0.1',
        VOUCHSAFE_OPS_ADDRESS: await freeAddress(),
      },
      ready: grpc,
    })
    stops.push(server.stop)
    const key = (await readFile(join(data, 'operator.key'), 'utf8')).trim()
    return { databaseUrl: database.url, data, grpc, http, key, server, scratch, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
