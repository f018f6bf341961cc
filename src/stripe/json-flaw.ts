const quote = 0x22
const backslash = 0x5c
const openObject = 0x7b
const closeObject = 0x7d
const openArray = 0x5b
const closeArray = 0x5d
const colon = 0x3a

/** Deeper than anything of Stripe's. */
const levels = 64
/** What is read lies at most so deep. */
const readLevels = 3
/** There lie fewer names than that in anything of Stripe's. It is read before it is known who sent it: no more are kept. */
const mostNames = 5000

/**
 * Why a JSON text is not to be parsed: it nests too deep (a parser that runs out of stack cannot be caught everywhere),
 * or names something twice where we read, so that others may have read the other one, or so much that this cannot be told.
 * Says nothing of other faults.
 */
export function jsonFlaw(text: string): 'nesting' | 'repeated key' | 'many names' | undefined {
  const keys: (Set<string> | undefined)[] = []
  let depth = 0
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      const end = endOfString(text, at)
      const names = keys[depth]
      if (names !== undefined && isKey(text, end)) {
        const name = keyOf(text.slice(at, end + 1))
        if (names.has(name)) return 'repeated key'
        if (++count > mostNames) return 'many names'
        names.add(name)
      }
      at = end
    } else if (code === openObject || code === openArray) {
      if (++depth > levels) return 'nesting'
      keys[depth] = code === openObject && depth <= readLevels ? new Set() : undefined
    } else if (code === closeObject || code === closeArray) depth = Math.max(0, depth - 1)
  }
  return undefined
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1
  return at
}

function isKey(text: string, end: number): boolean {
  let at = end + 1
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++
  return text.charCodeAt(at) === colon
}

/** Escapes spell a name in many ways. */
function keyOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted
  try {
    return JSON.stringify(JSON.parse(quoted))
  } catch {
    return quoted
  }
}
