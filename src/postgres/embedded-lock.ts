import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { DatabaseRefused } from './database-refused.ts'
import { startOf } from './process-start.ts'

type Owner = { readonly pid: number; readonly started: string }

/**
 * Takes the data folder for this process. A process id alone can be another process by now,
 * so the owner is told by its start time too. Returns the release. Fails while the owner lives.
 */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  const mine = JSON.stringify({ pid: process.pid, started: await startOf(process.pid) })
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, mine, { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      if (await link(draft, path).then(taken, notTaken)) return () => rm(path, { force: true })
      await refuseLivingOwner(path)
    }
  } finally {
    await unlink(draft)
  }
  throw new Error(`The lock ${path} could not be taken: another start is in the way.`)
}

async function refuseLivingOwner(path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return
  const owner = parse(text)
  if (owner && (await startOf(owner.pid)) === owner.started) {
    throw new DatabaseRefused(
      'unfit',
      `The database in this folder is in use by process ${owner.pid} (${path}): stop it, use another data folder, or set DATABASE_URL.`,
    )
  }
  // Rename first and look at what was moved: two starts may both have seen the dead owner.
  const aside = `${path}.${randomUUID()}`
  await rename(path, aside).catch(() => undefined)
  const moved = await readFile(aside, 'utf8').catch(() => undefined)
  if (moved !== undefined && moved !== text) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
}

function parse(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner
  } catch {
    return undefined
  }
}

const taken = () => true
function notTaken(error: NodeJS.ErrnoException): boolean {
  if (error.code === 'EEXIST') return false
  throw error
}
