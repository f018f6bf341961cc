import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbedded } from '#postgres/embedded.ts'
import { migrate } from '#postgres/migrate.ts'
import { openPool } from '#postgres/pool.ts'
import { startContainer } from './container.ts'
import { discard, sweep } from './leftovers.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A login that may create databases and roles. */
    readonly databaseUrl: string
    /** The migrated database that freshDatabase() copies. */
    readonly databaseTemplate: string
    /** A folder that the end of the run removes, however it ends. */
    readonly scratch: string
  }
}

type Server = { readonly url: string; readonly stop: () => Promise<void> }

/** One real Postgres for the run: TEST_DATABASE_URL, else a container where asked for and possible, else the embedded one. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const scratch = await mkdtemp(join(tmpdir(), 'vouchsafe-scratch-'))
  await chmod(scratch, 0o755)
  process.once('exit', () => discard(scratch, undefined))
  const server = (await given()) ?? (await startContainer()) ?? (await embedded())
  const template = `vouchsafe_template_${randomBytes(4).toString('hex')}`
  const sql = openPool({ url: server.url, max: 1 })
  const teardown = async () => {
    await sql.unsafe(`drop database if exists ${template} with (force)`).catch(() => undefined)
    await sql.end({ timeout: 2 })
    await server.stop()
  }
  try {
    await sql.unsafe(`create database ${template}`)
    const url = new URL(server.url)
    url.pathname = `/${template}`
    await migrate({ url: url.href })
  } catch (error) {
    await teardown()
    throw error
  }
  project.provide('databaseUrl', server.url)
  project.provide('scratch', scratch)
  project.provide('databaseTemplate', template)
  return teardown
}

async function given(): Promise<Server | undefined> {
  const url = process.env.TEST_DATABASE_URL
  return url ? { url, stop: async () => {} } : undefined
}

async function embedded(): Promise<Server> {
  await sweep()
  const dataDir = await mkdtemp(join(tmpdir(), 'vouchsafe-test-'))
  await chmod(dataDir, 0o755)
  const settings = { fsync: 'off', max_connections: '200', max_prepared_transactions: '0' }
  const server = await startEmbedded({ dataDir, settings })
  // An interrupted run does not come to its teardown.
  const atExit = () => discard(dataDir, server.pid())
  process.once('exit', atExit)
  // Which nobody hears of where a signal ends the process at once.
  process.once('SIGTERM', () => process.exit(143))
  const stop = async () => {
    process.off('exit', atExit)
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
    await rm(server.folder, { recursive: true, force: true })
  }
  return { url: server.url, stop }
}
