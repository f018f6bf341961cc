import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { superuser } from './embedded-cluster.ts'
import { placeFor } from './embedded-place.ts'

/** The URL of the embedded Postgres that another process runs in this folder; undefined where none does. */
export async function runningEmbedded(dataDir: string): Promise<string | undefined> {
  const { folder } = await placeFor(dataDir)
  try {
    const lines = (await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')
    const pid = Number(lines[0])
    const port = Number(lines[3])
    process.kill(pid, 0)
    const password = (await readFile(join(folder, 'postgres.password'), 'utf8')).trim()
    return `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // A process of another user is there all the same, and then the password could not be read.
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}
