import { existsSync, rmSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandOf, startOf } from '#postgres/process-start.ts'

/** At the end of a process: stops a server without waiting, and removes its folder. */
export function discard(folder: string, pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGQUIT')
  } catch {
    // It has ended already.
  }
  // While the server writes its last files this fails, often without saying so.
  for (let attempt = 0; attempt < 40 && existsSync(folder); attempt++) {
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // Tried again.
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25)
  }
}

/** Removes what runs that were killed have left, servers too. */
export async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!/^vouchsafe-(test|scratch)-/.test(name)) continue
    const folder = join(tmpdir(), name)
    const lock = await readFile(join(folder, 'postgres.lock'), 'utf8').catch(() => undefined)
    if (lock === undefined ? await isYoung(folder) : await isHeld(lock)) continue
    const pid = Number(
      (await readFile(join(folder, 'postgres/postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0],
    )
    const isOurs = pid > 0 && (await commandOf(pid))?.includes(folder)
    discard(folder, isOurs ? pid : undefined)
  }
}

async function isHeld(lock: string): Promise<boolean> {
  const { pid, started } = JSON.parse(lock) as { pid: number; started?: string }
  const now = await startOf(pid)
  return now !== undefined && now === started
}

async function isYoung(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined)
  return found === undefined || Date.now() - found.mtimeMs < 3_600_000
}
