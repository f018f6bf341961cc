import {
  effectsOf,
  type ImportDefaults,
  type ImportPerson,
  LineRefused,
  readPerson,
} from '#main/import-people.ts'
import { type Format, readRecords } from './records.ts'

export type Slice = {
  readonly people: readonly ImportPerson[]
  readonly refused: readonly { readonly line: number; readonly reason: string }[]
  /** Of the file, up to its end. */
  readonly bytes: number
  readonly lines: number
}

/** A larger slice costs the database less a row, and memory of the command: decision 0006. */
const mostEffects = 8_000
const mostLines = 8_000

/** A file in slices, each of them one change of each lane. */
export async function* readSlices(
  file: string,
  format: Format,
  from: { readonly bytes: number; readonly lines: number },
  defaults: ImportDefaults,
  lanes = 1,
): AsyncIterable<Slice> {
  let people: ImportPerson[] = []
  let refused: Slice['refused'][number][] = []
  let effects = 0
  let end = { bytes: from.bytes, lines: from.lines }
  for await (const record of readRecords(file, format, from)) {
    const person = personOf(record, defaults)
    const more = 'reason' in person ? 0 : effectsOf(person)
    if (effects + more > mostEffects * lanes || people.length + refused.length >= mostLines * lanes) {
      yield { people, refused, ...end }
      people = []
      refused = []
      effects = 0
    }
    if ('reason' in person) refused.push(person)
    else people.push(person)
    effects += more
    end = { bytes: record.bytes, lines: record.lines }
  }
  if (people.length + refused.length > 0) yield { people, refused, ...end }
}

type Records = ReturnType<typeof readRecords>
type OneRecord = Records extends AsyncIterable<infer R> ? R : never

function personOf(record: OneRecord, defaults: ImportDefaults): ImportPerson | Slice['refused'][number] {
  const { line } = record
  if ('problem' in record) return { line, reason: record.problem }
  try {
    return readPerson(line, record.value, defaults)
  } catch (error) {
    if (error instanceof LineRefused) return { line, reason: error.message }
    throw error
  }
}
