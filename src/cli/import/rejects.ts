import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { readLines } from './lines.ts'

type Reject = { readonly line: number; readonly reason: string }

/** The file of what was rejected: made with the first of it, one JSON object a line. */
export type Rejects = {
  readonly add: (rejected: readonly Reject[]) => void
  readonly close: () => void
}

/**
 * Opens the file. Of an import that goes on, what was written about lines that it comes to again is taken out first.
 */
export async function openRejects(file: string, doneLines: number): Promise<Rejects> {
  if (doneLines === 0) rmSync(file, { force: true })
  else if (existsSync(file)) await keepUpTo(file, doneLines)
  let open: number | undefined
  let last = doneLines
  return {
    add(all) {
      // A slice that was tried again says the same again.
      const rejected = all.filter(({ line }) => line > last)
      if (rejected.length === 0) return
      last = Math.max(...rejected.map(({ line }) => line))
      open ??= openSync(file, 'a', 0o600)
      writeSync(open, rejected.map(({ line, reason }) => `${JSON.stringify({ line, reason })}\n`).join(''))
    },
    close() {
      if (open !== undefined) closeSync(open)
    },
  }
}

async function keepUpTo(file: string, doneLines: number): Promise<void> {
  const kept = `${file}.new`
  const out = openSync(kept, 'w', 0o600)
  for await (const { text = '' } of readLines(file)) {
    if (lineOf(text) <= doneLines) writeSync(out, `${text}\n`)
  }
  closeSync(out)
  renameSync(kept, file)
}

function lineOf(text: string): number {
  try {
    return Number((JSON.parse(text) as Reject).line)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
