import { readCheckpoint } from '#postgres/checkpoint.ts'
import type { AuditChangeDocument } from './audit-rows.ts'
import { selectChanges } from './audit-rows.ts'
import type { Command, Scope } from './command.ts'
import { effectDocument, readEffects } from './get-change.ts'

export type ExportFormat = 'ndjson' | 'csv'

/** Where an export stands: this effect of this change is written. */
export type ExportPlace = { readonly revision: number; readonly ordinal: number }

export type ExportStep = {
  /** Whole lines, each ended. */
  readonly lines: string
  readonly place: ExportPlace
  /** All changes up to this one are written. */
  readonly through: number
  readonly done: boolean
}

export type ExportInput = {
  readonly format: ExportFormat
  readonly after: ExportPlace
  /** 0: the newest. */
  readonly to: number
}

const effectsAtOnce = 500
/** Beyond the last effect of any change. */
const pastLast = 2_147_483_647

const columns = [
  'revision',
  'at',
  'actor',
  'actor_name',
  'action',
  'reason',
  'cause',
  'ordinal',
  'table',
  'op',
  'key',
  'before',
  'after',
  'erased',
] as const

export const csvHeader = `${columns.join(',')}\r\n`

/** The next lines of an export: one for each effect since the last checkpoint, in the order of history. */
export const exportChanges: Command<ExportInput, ExportStep, Pick<Scope, 'tenant'>> = async (
  tx,
  { tenant },
  input,
) => {
  const { format } = input
  const cut = (await readCheckpoint(tx, tenant))?.revision ?? 0
  const after = input.after.revision > cut ? input.after : { revision: cut, ordinal: pastLast }
  const to = input.to > 0 ? input.to : Number.MAX_SAFE_INTEGER
  const effects = await readEffects(tx, tenant, after.revision, to, after.ordinal, effectsAtOnce)
  const last = effects.at(-1)
  const done = effects.length < effectsAtOnce
  if (last === undefined) return { lines: '', place: after, through: after.revision, done: true }
  const changes = await tx<AuditChangeDocument[]>`
    ${selectChanges(tx)} where c.tenant_id = ${tenant} and c.revision between ${after.revision} and ${last.revision}`
  const byRevision = new Map(changes.map((change) => [change.revision, change]))
  const lines = effects.flatMap((effect) => {
    const change = byRevision.get(effect.revision)
    if (change === undefined) return []
    const { revision, at, actor, actor_name, action, reason, cause } = change
    const head = { revision, at, actor, actor_name, action, reason, cause }
    const line = { ...head, ...effectDocument(effect) }
    return [format === 'csv' ? csvLine(line) : `${JSON.stringify(line)}\n`]
  })
  const through =
    done || last.ordinal === byRevision.get(last.revision)?.effects ? last.revision : last.revision - 1
  return {
    lines: lines.join(''),
    place: { revision: last.revision, ordinal: last.ordinal },
    through,
    done,
  }
}

function csvLine(line: Readonly<Record<string, unknown>>): string {
  return `${columns.map((column) => csvField(line[column])).join(',')}\r\n`
}

/** Quoted where it has to be. What a spreadsheet would run as a formula gets a quote before it. */
function csvField(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
