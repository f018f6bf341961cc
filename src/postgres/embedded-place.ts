import { createHash } from 'node:crypto'
import { chown, lstat, mkdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** Postgres refuses to run as root, so it runs as nobody then. Undefined: as whoever runs this. */
export const serverUid: number | undefined = process.getuid?.() === 0 ? 65534 : undefined

export type Place = {
  readonly folder: string
  /** Whether it is elsewhere than was asked for. */
  readonly moved: boolean
}

/**
 * A folder that the server's user can enter: the one asked for, or a fixed one derived from its path,
 * where a folder above it (such as root's home) is closed.
 */
export async function placeFor(asked: string, uid: number | undefined = serverUid): Promise<Place> {
  const path = resolve(asked)
  if (uid === undefined) {
    await mkdir(path, { recursive: true })
    return { folder: path, moved: false }
  }
  if (await canEnter(await existingAbove(path), uid)) {
    await mkdir(path, { recursive: true, mode: 0o755 })
    if (await canEnter(path, uid)) return { folder: path, moved: false }
  }
  const name = createHash('sha256').update(path).digest('hex').slice(0, 16)
  const folder = join(tmpdir(), `vouchsafe-${name}`)
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const found = await lstat(folder)
  // The name can be guessed: whoever made the folder first must not own our data.
  if (!found.isDirectory() || (found.uid !== 0 && found.uid !== uid)) {
    throw new Error(`The folder ${folder} belongs to another user: remove it, or set DATABASE_URL.`)
  }
  return { folder, moved: true }
}

/** Whether `uid` may pass through every folder down to this one, and through it. */
export async function canEnter(path: string, uid: number | undefined): Promise<boolean> {
  if (uid === undefined) return true
  for (let at = path; ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined)
    if (!found) return false
    const bit = found.uid === uid ? 0o100 : found.gid === uid ? 0o010 : 0o001
    if ((found.mode & bit) === 0) return false
    if (at === dirname(at)) return true
  }
}

/** Gives a path to the server's user, where that is another one. */
export async function giveToServer(path: string): Promise<void> {
  if (serverUid !== undefined) await chown(path, serverUid, serverUid)
}

async function existingAbove(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    if (at === dirname(at) || (await stat(at).catch(() => undefined))) return at
  }
}
