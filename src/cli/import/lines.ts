import { createReadStream } from 'node:fs'

export type Line = {
  /** From 1. */
  readonly line: number
  /** Of the file, up to the end of it. */
  readonly bytes: number
  /** Undefined where it is no UTF-8, or too long. */
  readonly text: string | undefined
}

const longest = 1024 * 1024
const decoder = new TextDecoder('utf-8', { fatal: true })

/** The lines of a file from a place on, one at a time: the file may be larger than the memory. */
export async function* readLines(file: string, from = { bytes: 0, lines: 0 }): AsyncIterable<Line> {
  let { bytes, lines: line } = from
  let rest: Buffer[] = []
  let held = 0
  const give = (end: Buffer): Line => {
    const whole = rest.length === 0 ? end : Buffer.concat([...rest, end])
    const length = held + end.length
    rest = []
    held = 0
    line++
    return { line, bytes, text: length > longest ? undefined : decoded(whole, line === 1) }
  }
  // Small pieces: between them whoever else waits for this process gets its turn.
  for await (const chunk of createReadStream(file, { start: bytes, highWaterMark: 64 * 1024 })) {
    const piece = chunk as Buffer
    let at = 0
    for (let end = piece.indexOf(10); end !== -1; end = piece.indexOf(10, at)) {
      bytes += end + 1 - at
      yield give(piece.subarray(at, end))
      at = end + 1
    }
    const tail = piece.subarray(at)
    bytes += tail.length
    held += tail.length
    // A line without an end must not fill the memory.
    if (held <= longest && tail.length > 0) rest.push(tail)
  }
  if (held > 0) yield give(Buffer.alloc(0))
}

function decoded(bytes: Buffer, isFirst: boolean): string | undefined {
  try {
    const text = decoder.decode(bytes)
    const whole = isFirst ? text.replace(/^\ufeff/, '') : text
    return whole.endsWith('\r') ? whole.slice(0, -1) : whole
  } catch {
    return undefined
  }
}
