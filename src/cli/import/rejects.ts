import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { readLines } from './lines.ts'

type Reject = { readonly line: number; readonly reason: string }

/** The file of what was rejected: made with the first of it, one JSON object a line, each once. */
export type Rejects = {
  /** Of slices that are being written: each may be tried again, and then says the same again. */
  readonly add: (rejected: readonly Reject[]) => void
  /** All is written up to this line. */
  readonly done: (lines: number) => void
  readonly close: () => void
}

/** Opens the file. Of an import that goes on after so many lines, what it says already stays; of a new one nothing does. */
export async function openRejects(file: string, doneLines: number | undefined): Promise<Rejects> {
  const told = new Map<string, number>()
  if (doneLines === undefined) rmSync(file, { force: true })
  else if (existsSync(file)) await keepWhole(file, doneLines, told)
  let open: number | undefined
  return {
    add(all) {
      for (const { line, reason } of all) {
        const text = JSON.stringify({ line, reason })
        if (told.has(text)) continue
        told.set(text, line)
        open ??= openSync(file, 'a', 0o600)
        writeSync(open, `${text}\n`)
      }
    },
    done(lines) {
      for (const [text, line] of told) if (line <= lines) told.delete(text)
    },
    close() {
      if (open !== undefined) closeSync(open)
    },
  }
}

/** Takes out what was written half, and collects what is said about lines that are still to come. */
async function keepWhole(file: string, doneLines: number, told: Map<string, number>): Promise<void> {
  const kept = `${file}.new`
  const out = openSync(kept, 'w', 0o600)
  for await (const { text = '' } of readLines(file)) {
    const line = lineOf(text)
    if (line === undefined) continue
    writeSync(out, `${text}\n`)
    if (line > doneLines) told.set(text, line)
  }
  closeSync(out)
  renameSync(kept, file)
}

function lineOf(text: string): number | undefined {
  try {
    return Number((JSON.parse(text) as Reject).line)
  } catch {
    return undefined
  }
}
