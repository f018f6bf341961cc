import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { readCsv } from './csv.ts'
import { type Line, readLines } from './lines.ts'

export type Format = 'ndjson' | 'csv'

export type ImportRecord = {
  /** Its first line. */
  readonly line: number
  /** Lines and bytes of the file up to its end. */
  readonly lines: number
  readonly bytes: number
} & ({ readonly value: unknown } | { readonly problem: string })

/** What a file holds, record by record, from a place on. Blank lines are left out. */
export function readRecords(
  file: string,
  format: Format,
  from: { readonly bytes: number; readonly lines: number },
): AsyncIterable<ImportRecord> {
  return format === 'csv' ? csvRecords(file, from) : jsonRecords(file, from)
}

async function* jsonRecords(file: string, from: { readonly bytes: number; readonly lines: number }) {
  for await (const line of readLines(file, from)) if (line.text?.trim() !== '') yield jsonRecord(line)
}

function jsonRecord({ line, bytes, text }: Line): ImportRecord {
  if (text === undefined)
    return { line, lines: line, bytes, problem: 'It is no UTF-8, or longer than 1 MiB.' }
  try {
    return { line, lines: line, bytes, value: JSON.parse(text) }
  } catch {
    return { line, lines: line, bytes, problem: 'It is no JSON.' }
  }
}

async function* csvRecords(file: string, from: { readonly bytes: number; readonly lines: number }) {
  let start = from
  let header: readonly string[] | undefined
  for await (const record of readCsv(readLines(file))) {
    header = record.fields?.map((name) => name.trim())
    if (from.bytes === 0) start = record
    break
  }
  if (!header || header.includes('')) {
    throw new CommandFailed(`${file} line 1: a CSV begins with the names of its columns.`, exitCodes.data)
  }
  for await (const { line, lines, bytes, fields } of readCsv(readLines(file, start))) {
    if (fields?.length === 1 && fields[0] === '') continue
    const place = { line, lines, bytes }
    if (fields?.length !== header.length) {
      const problem = fields ? `It has ${fields.length} fields, not ${header.length}.` : 'It is no CSV.'
      yield { ...place, problem }
    } else yield { ...place, value: objectOf(header, fields) }
  }
}

/** Empty fields are left out; a value is JSON or text. */
function objectOf(header: readonly string[], fields: readonly string[]): Readonly<Record<string, unknown>> {
  const given = header.flatMap((name, at): (readonly [string, unknown])[] => {
    const text = fields[at] ?? ''
    if (text === '') return []
    return [[name, name === 'value' ? jsonOrText(text) : text]]
  })
  return Object.fromEntries(given)
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
