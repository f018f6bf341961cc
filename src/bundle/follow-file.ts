import { type FSWatcher, watch } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { archiveLimits } from './archive-limits.ts'
import type { Activation, BundleHolder } from './holder.ts'
import { sha256 } from './manifest.ts'

export type Following = {
  /** How the first attempt went. */
  readonly first: Activation
  readonly close: () => void
}

type Options = {
  readonly path: string
  readonly holder: BundleHolder
  /** Between two looks, where the file system tells nothing. */
  readonly pollMs?: number
}

const defaultPollMs = 2_000

/** Activates the file now and whenever its content changes; replacing it by a rename is seen too. */
export async function followFile({ path, holder, pollMs = defaultPollMs }: Options): Promise<Following> {
  let seen = ''
  let looking: Promise<unknown> = Promise.resolve()

  async function look(): Promise<Activation | undefined> {
    const bytes = await readBounded(path).catch((cause: Error) => cause)
    if (bytes instanceof Error) {
      // Said once, not at every look.
      if (seen === bytes.message) return undefined
      seen = bytes.message
      return holder.reject(`${path} cannot be read: ${bytes.message}`)
    }
    const digest = sha256(bytes)
    if (digest === seen) return undefined
    seen = digest
    return holder.activate(bytes)
  }

  function lookAgain(): void {
    looking = looking.then(look)
  }

  const first = (await look()) ?? holder.reject(`${path} is empty`)
  // The folder, not the file: a rename puts another file in its place, and a watcher stays with the old one.
  const watcher = watchFolder(path, lookAgain)
  const timer = setInterval(lookAgain, pollMs)
  timer.unref()
  return {
    first,
    close() {
      clearInterval(timer)
      watcher?.close()
    },
  }
}

async function readBounded(path: string): Promise<Buffer> {
  const { size } = await stat(path)
  if (size > archiveLimits.totalBytes) throw new Error('it is too large')
  return readFile(path)
}

// Some file systems cannot be watched: then polling is all there is.
function watchFolder(path: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_, name) => {
      if (name === null || name === basename(path)) changed()
    })
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return undefined
  }
}
