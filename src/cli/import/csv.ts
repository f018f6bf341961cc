import type { Line } from './lines.ts'

export type CsvRecord = {
  /** Its first line. */
  readonly line: number
  readonly lines: number
  readonly bytes: number
  /** Undefined where it is no CSV. */
  readonly fields: readonly string[] | undefined
}

const mostLines = 100

/** Records of RFC 4180 out of lines: a field in quotes may go over several of them. */
export async function* readCsv(lines: AsyncIterable<Line>): AsyncIterable<CsvRecord> {
  let open: { readonly line: number; text: string; lines: number; broken: boolean } | undefined
  let last = 0
  for await (const { line, bytes, text } of lines) {
    open ??= { line, text: '', lines: 0, broken: false }
    open.text += (open.lines > 0 ? '\n' : '') + (text ?? '')
    open.lines++
    open.broken ||= text === undefined
    last = bytes
    const isWhole = open.text.split('"').length % 2 === 1
    if (!isWhole && !open.broken && open.lines < mostLines) continue
    const fields = open.broken || !isWhole ? undefined : splitFields(open.text)
    yield { line: open.line, lines: line, bytes, fields }
    open = undefined
  }
  if (open) yield { line: open.line, lines: open.line + open.lines - 1, bytes: last, fields: undefined }
}

/** Undefined where a quote stands in the middle of a field. */
export function splitFields(text: string): readonly string[] | undefined {
  const fields: string[] = []
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y
  for (let at = 0; ; ) {
    field.lastIndex = at
    const found = field.exec(text)
    if (!found) return undefined
    fields.push(found[1] === undefined ? (found[2] ?? '') : found[1].replaceAll('""', '"'))
    at = field.lastIndex
    if (found[3] === '') return fields
  }
}
