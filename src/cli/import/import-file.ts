import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { faint, green } from '#cli/print.ts'
import { loadConfig } from '#config'
import { type ImportDefaults, openImport, sourceOf } from '#main/import-people.ts'
import { lowerPriority } from '#postgres/lower-priority.ts'
import type { ImportCommandOptions } from './import.ts'
import { clock, grouped } from './progress-line.ts'
import type { Format } from './records.ts'
import { openRejects } from './rejects.ts'
import { createShow } from './show-progress.ts'
import { readSlices, type Slice } from './slices.ts'

/** Imports a file and says what became of it. Exit code 65 where a line was rejected. */
export async function importFile(file: string, format: Format, options: ImportCommandOptions): Promise<void> {
  const source = sourceOf(options.source)
  if (source === undefined) {
    throw new CommandFailed(`"${options.source}" is no source of rights.`, exitCodes.usage)
  }
  const lanes = /^[1-4]$/.test(options.lanes) ? Number(options.lanes) : 0
  if (lanes === 0) {
    throw new CommandFailed(`--lanes is a number from 1 to 4, not "${options.lanes}".`, exitCodes.usage)
  }
  const defaults: ImportDefaults = {
    source,
    source_ref: options.ref ?? basename(file),
    reason: options.reason,
  }
  // Questions that a server on this machine is asked go first.
  lowerPriority(process.pid, 10)
  const { size } = statSync(file)
  const id = await identityOf(file, { tenant: options.tenant, format, lanes, ...defaults })
  const notice = (text: string) => void process.stderr.write(`${text}\n`)
  const { tenant, reason } = options
  const run = await openImport(loadConfig(), { tenant, id, reason, lanes, now: Date.now(), notice })
  const rejectedFile = options.rejected ?? `${file}.rejected.ndjson`
  const rejects = await openRejects(rejectedFile, run.isResumed ? run.from.lines : undefined)
  const shown = createShow(process.stderr)
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  let { from: progress } = run
  let revision = ''
  if (run.isResumed)
    notice(`An earlier run was cut off after line ${grouped(progress.lines)}: it goes on there.`)
  try {
    const slices = ahead(readSlices(file, format, run.from, defaults, lanes))
    // A lane that is ready goes on with the next slice, while others still write this one.
    let before = Promise.resolve()
    for await (const { people, refused, bytes, lines } of slices) {
      // Before the commit: what is said twice can be found when it goes on, what is missing would be lost.
      const writing = run
        .write({ people, refused, bytes, lines }, (rejected) => rejects.add(rejected))
        .then((written) => {
          rejects.done(written.lines)
          progress = written
          shown.show({ ...progress, of: size, seconds: seconds(), before: run.from })
        })
      // Its failure belongs to whoever awaits it.
      writing.catch(() => undefined)
      await before
      before = writing
    }
    await before
    revision = await run.finish()
  } finally {
    shown.clear()
    rejects.close()
    await run.close()
  }
  report(
    { ...progress, seconds: seconds(), since: run.from.added, revision },
    rejectedFile,
    options.json === true,
  )
}

type Result = {
  readonly lines: number
  readonly added: number
  readonly present: number
  readonly rejected: number
  readonly seconds: number
  readonly since: number
  readonly revision: string
}

function report(result: Result, rejectedFile: string, json: boolean): void {
  const { lines, added, present, rejected, seconds, since, revision } = result
  const rate = Math.round((added - since) / Math.max(seconds, 0.001))
  if (json) {
    const file = rejected > 0 ? { rejected_file: rejectedFile } : {}
    process.stdout.write(
      `${JSON.stringify({ lines, added, present, rejected, seconds, revision, ...file })}\n`,
    )
  } else {
    process.stdout.write(
      `${green(`${grouped(added)} rights given`)}, ${grouped(present)} were there already\n`,
    )
    process.stdout.write(
      faint(`${grouped(lines)} lines in ${clock(seconds)}, ${grouped(rate)} rights a second\n`),
    )
    if (rejected > 0) process.stdout.write(`${grouped(rejected)} rejected: see ${rejectedFile}\n`)
  }
  if (rejected > 0) process.exitCode = exitCodes.data
}

/** The same for the same file under the same options: then an import goes on where it was cut off. */
async function identityOf(file: string, options: object): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(options))
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Reads the next slice while the database works at this one. */
async function* ahead(slices: AsyncIterable<Slice>): AsyncIterable<Slice> {
  const iterator = slices[Symbol.asyncIterator]()
  let next = iterator.next()
  for (let { done, value } = await next; !done; { done, value } = await next) {
    next = iterator.next()
    // Its failure belongs to whoever awaits it.
    next.catch(() => undefined)
    yield value
  }
}
