/** One row of COPY's text format. Null is \N. */
export function copyLine(values: readonly (string | number | null)[]): string {
  return `${values.map(field).join('\t')}\n`
}

const escaped = /[\\\t\n\r]/g
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function field(value: string | number | null): string {
  if (value === null) return '\\N'
  return typeof value === 'number' ? String(value) : value.replace(escaped, (each) => escapes[each] ?? each)
}
