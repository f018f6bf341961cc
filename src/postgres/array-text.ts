/** The text form of an array of one dimension. What is already text is left as it is. */
export function writeArray(items: readonly unknown[] | string): string {
  if (typeof items === 'string') return items
  // Columns say the same again and again.
  let last: unknown
  let text = ''
  const parts = items.map((item) => {
    if (item === null) return 'null'
    if (item === last) return text
    last = item
    text = `"${String(item).replace(/["\\]/g, '\\$&')}"`
    return text
  })
  return `{${parts.join(',')}}`
}

/** The items of an array of one dimension. */
export function readArray(text: string): (string | null)[] {
  if (!text.startsWith('{') || text.startsWith('{{'))
    throw new Error(`Not an array of one dimension: ${text}`)
  return Array.from(text.matchAll(item), ([, quoted, bare]) => {
    if (quoted !== undefined) return quoted.replace(/\\(.)/gs, '$1')
    return bare === 'NULL' ? null : (bare ?? '')
  })
}

const item = /"((?:[^"\\]|\\.)*)"|([^{},"]+)/gs
