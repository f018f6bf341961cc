import { createHash } from 'node:crypto'
import { findTenant } from '#admin/find-tenant.ts'
import { effectsOf, type ImportPerson, type Rejected } from '#admin/import/import-row.ts'
import { importSlice } from '#admin/import/import-slice.ts'
import { atStart, forgetProgress, keepProgress, type Progress, readProgress } from '#admin/import/progress.ts'
import { type Defaults, importSources, LineRefused, readPerson } from '#admin/import/read-person.ts'
import type { Config } from '#config'
import { AppError } from '#core/errors.ts'
import type { GrantSource } from '#core/grant.ts'
import { encodeRevision } from '#core/revision.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { reachDatabase } from './reach-database.ts'

export type { Defaults as ImportDefaults, ImportPerson }
export { effectsOf, LineRefused, readPerson }

/** A source that rights may be imported under. */
export function sourceOf(text: string): GrantSource | undefined {
  return importSources.has(text) ? (text as GrantSource) : undefined
}

export type ImportSlice = {
  readonly people: readonly ImportPerson[]
  /** Lines that are no people. */
  readonly refused: readonly Rejected[]
  /** Of the file, up to the end of the slice. */
  readonly bytes: number
  readonly lines: number
}

export type Import = {
  /** Where to go on: at the start, or where an earlier run was cut off. */
  readonly from: Progress
  /** Whether there was such a run. */
  readonly isResumed: boolean
  /** Writes a slice as one change of each lane; another may be given before it is written. What is rejected of it is told before the commit, and again where that is tried again. */
  readonly write: (slice: ImportSlice, rejected: (all: readonly Rejected[]) => void) => Promise<Progress>
  /** At the end of the file: another run begins at the start again, and finds everything there. Gives the revision token. */
  readonly finish: () => Promise<string>
  readonly close: () => Promise<void>
}

export type ImportOptions = {
  /** The tenant's key. */
  readonly tenant: string
  /** SHA-256 of the file and of what was said about it, as hex. */
  readonly id: string
  readonly reason: string
  /** How many transactions are under way at once, each about people of its own. */
  readonly lanes: number
  /** ms: rights that say no start begin then. */
  readonly now: number
  readonly notice: (text: string) => void
}

/** Opens an import into the database of the settings, beside the server that may be running. */
export async function openImport(config: Config, options: ImportOptions): Promise<Import> {
  const { sql, close } = await reachDatabase(config, options.notice)
  try {
    const tenant = await findTenant({ sql }, options.tenant)
    if (tenant === undefined) throw new AppError('NOT_FOUND', `There is no tenant "${options.tenant}".`)
    const { id, now, reason } = options
    const scope = {
      tenant,
      actor: 'import',
      action: 'ImportPeople',
      cause: `import ${id.slice(0, 12)}`,
      reason,
    }
    const lanes: Lane[] = []
    for (let n = 0; n < options.lanes; n++) {
      const lane = laneId(id, n)
      lanes.push({
        id: lane,
        at: (await readTenant(sql, tenant, (tx) => readProgress(tx, tenant, lane))) ?? atStart,
        writing: Promise.resolve(),
      })
    }

    async function writeLane(
      lane: Lane,
      { people, refused, bytes, lines }: ImportSlice,
      tell: (all: readonly Rejected[]) => void,
    ): Promise<void> {
      // It was further than the others when the import was cut off.
      if (lane.at.lines >= lines) return
      const { result } = await again(() =>
        withTenant(sql, scope, async (tx) => {
          const done = await importSlice(tx, tenant as string, people, now)
          const rejected = [...refused, ...done.rejected].sort((a, b) => a.line - b.line)
          const to: Progress = {
            bytes,
            lines,
            added: lane.at.added + done.added,
            present: lane.at.present + done.present,
            rejected: lane.at.rejected + rejected.length,
          }
          if (!(await keepProgress(tx, tenant as string, lane.id, lane.at, to))) {
            throw new AppError('FAILED_PRECONDITION', 'Another import of this file is running.')
          }
          tell(rejected)
          return to
        }),
      )
      lane.at = result
    }

    return {
      from: together(lanes.map(({ at }) => at)),
      isResumed: lanes.some(({ at }) => at.lines > 0),
      close,
      finish: async () => {
        const { revision } = await withTenant(sql, scope, async (tx) => {
          for (const lane of lanes) await forgetProgress(tx, tenant, lane.id)
        })
        return encodeRevision(revision)
      },
      async write({ people, refused, ...place }, tell) {
        const groups = Map.groupBy(people, (person) => laneOf(person, lanes.length))
        await Promise.all(
          lanes.map((lane, n) => {
            const slice = { people: groups.get(n) ?? [], refused: n === 0 ? refused : [], ...place }
            // In order: after one that failed nothing is written.
            lane.writing = lane.writing.then(() => writeLane(lane, slice, tell))
            return lane.writing
          }),
        )
        return together(lanes.map(({ at }) => at))
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

type Lane = {
  readonly id: string
  /** How far it has come. */
  at: Progress
  /** Its last slice. */
  writing: Promise<void>
}

/** What all lanes have done, as far as the slowest of them. */
function together(all: readonly Progress[]): Progress {
  const least = (name: 'bytes' | 'lines') => Math.min(...all.map((each) => each[name]))
  const sum = (name: 'added' | 'present' | 'rejected') => all.reduce((total, each) => total + each[name], 0)
  return {
    bytes: least('bytes'),
    lines: least('lines'),
    added: sum('added'),
    present: sum('present'),
    rejected: sum('rejected'),
  }
}

function laneId(id: string, lane: number): string {
  return lane === 0 ? id : createHash('sha256').update(`${id} ${lane}`).digest('hex')
}

/** Always the same for a holder, however often they are named. */
function laneOf({ holder }: ImportPerson, lanes: number): number {
  if (lanes === 1) return 0
  const name =
    'sub' in holder
      ? `${holder.iss} ${holder.sub}`
      : 'subject' in holder
        ? holder.subject
        : holder.organization
  let hash = 0
  for (let at = 0; at < name.length; at++) hash = (Math.imul(hash, 31) + name.charCodeAt(at)) >>> 0
  return hash % lanes
}

/** A person whom somebody else made at the same moment is known the next time. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === 3 || !(error instanceof AppError) || error.code !== 'ALREADY_EXISTS') throw error
    }
  }
}
