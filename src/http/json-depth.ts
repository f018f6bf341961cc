const quote = 0x22
const backslash = 0x5c

/**
 * Whether objects and arrays of a JSON text nest deeper than `levels`. Looks at the bytes without parsing:
 * a parser is recursive, and one that runs out of stack cannot be caught everywhere.
 */
export function nestsDeeper(text: Uint8Array, levels: number): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]
    if (inString) {
      if (byte === backslash) at++
      else if (byte === quote) inString = false
    } else if (byte === quote) inString = true
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > levels) return true
    } else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return false
}
