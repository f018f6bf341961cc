import { type FileHandle, open, rename } from 'node:fs/promises'
import type { Sink } from './sink.ts'

type Settings = {
  readonly path: string
  /** A file that would grow beyond this is rotated first. Default 64 MB. */
  readonly maxBytes?: number
  /** How many rotated files stay: path.1 is the newest. Default 5. */
  readonly keep?: number
}

/** Appends to one file, fsyncs each write, rotates by size. A write that failed half way is cut off again. */
export function createFileSink(settings: Settings): Sink {
  const { path, maxBytes = 64 * 1024 * 1024, keep = 5 } = settings
  let file: FileHandle | undefined
  let size = 0

  async function opened(): Promise<FileHandle> {
    if (file !== undefined) return file
    // Only its owner may read it: a journal says who asked for what.
    const handle = await open(path, 'a', 0o600)
    size = (await handle.stat()).size
    file = handle
    return handle
  }

  async function rotate(): Promise<void> {
    await closeFile()
    for (let index = keep - 1; index > 0; index--) await moved(`${path}.${index}`, `${path}.${index + 1}`)
    await rename(path, `${path}.1`)
  }

  async function closeFile(): Promise<void> {
    const handle = file
    file = undefined
    await handle?.close()
  }

  return {
    async write(lines) {
      const bytes = Buffer.from(lines)
      await opened()
      if (size > 0 && size + bytes.length > maxBytes) await rotate()
      const handle = await opened()
      try {
        await handle.appendFile(bytes)
        await handle.sync()
        size += bytes.length
      } catch (error) {
        await handle.truncate(size).catch(() => undefined)
        await closeFile().catch(() => undefined)
        throw error
      }
    },
    close: closeFile,
  }
}

async function moved(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
