/**
 * Takes credentials out of text that leaves the process: logs, journals, error answers.
 * It must never be the only guard: callers do not hand secrets in; this catches what a library's message carries.
 */

// Text of strangers runs through these, and on the event loop: no start may look far ahead and fail,
// or a long text takes the square of its length.
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\bvch_[\w-]{8,}/g, '[api key]'],
  [/\b(?:sk|rk|pk)_(?:live|test)_\w+|\bwhsec_[\w+/=]+/g, '[stripe key]'],
  [/\bpostgres(?:ql)?:?\/\/[^\s"'`\\]*/gi, 'postgres://[redacted]'],
  [/:\/\/[^\s/?#|"'`\\]*@/g, '://[redacted]@'],
  [/\b(pass(?:word|wd)?|pwd|secret|client_secret)(\s*[=:]\s*)[^\s"'`\\,;&]+/gi, '$1$2[redacted]'],
  [/\b(bearer)\s+[\w.~+/=-]{16,}/gi, '$1 [redacted]'],
  [/\b([Bb]asic)\s+(?=[a-z+/]*[A-Z0-9])[A-Za-z0-9+/]{12,}={0,2}/g, '$1 [redacted]'],
]

/** The rest of a token is optional here so that what only begins like one is passed over at once. */
const token = /\beyJ[\w-]{8,}(\.[\w-]+\.[\w-]*)?/g

export type Scrub = (text: string) => string

/**
 * `secrets`: the exact values configured (connection strings, signing secrets). They are found in any wrapping,
 * also where a malformed one no longer looks like what it is. Values under 6 characters are left out.
 */
export function createScrub(secrets: readonly string[] = []): Scrub {
  const exact = [...new Set(secrets.flatMap(spellings))].sort((a, b) => b.length - a.length)
  return (text) => {
    let clean = text
    for (const secret of exact) clean = clean.replaceAll(secret, '[redacted]')
    clean = clean.replace(token, (run: string, rest?: string) => (rest === undefined ? run : '[token]'))
    for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement)
    return clean
  }
}

/** The pattern-only scrub, for text whose process has no configured secrets at hand. */
export const scrub: Scrub = createScrub()

function spellings(secret: string): string[] {
  const found = [secret]
  const password = /:([^:/@]+)@/.exec(secret)?.[1]
  if (password !== undefined) found.push(password)
  for (const text of [...found]) {
    found.push(JSON.stringify(text).slice(1, -1), encodeURIComponent(text), decoded(text))
  }
  return found.filter((text) => text.length >= 6)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
