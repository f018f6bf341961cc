import { type FileHandle, open } from 'node:fs/promises'

const pieceBytes = 256 * 1024

export type Budget = { bytes: number }

/**
 * The whole lines of a file, last first, until it or the budget of bytes ends. A file that is not there has none;
 * a last line without its end is being written and is left out.
 */
export async function* linesBackwards(path: string, budget: Budget): AsyncGenerator<string> {
  const file = await openIfThere(path)
  if (file === undefined) return
  try {
    let at = (await file.stat()).size
    let rest: Buffer = Buffer.alloc(0)
    let ended = false
    while (at > 0 && budget.bytes > 0) {
      const length = Math.min(pieceBytes, at)
      const piece = Buffer.alloc(length)
      await file.read(piece, 0, length, at - length)
      at -= length
      budget.bytes -= length
      const parts = split(Buffer.concat([piece, rest]))
      rest = parts.shift() ?? Buffer.alloc(0)
      for (const line of parts.reverse()) {
        if (!ended) {
          ended = true
          continue
        }
        yield line.toString('utf8')
      }
    }
    if (at === 0 && ended && rest.length > 0) yield rest.toString('utf8')
  } finally {
    await file.close()
  }
}

function split(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = []
  let start = 0
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    parts.push(bytes.subarray(start, end))
    start = end + 1
  }
  parts.push(bytes.subarray(start))
  return parts
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
