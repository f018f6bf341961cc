export type CanonicalPath = { readonly path: string } | { readonly refused: string }

const maxTarget = 8192
/** What may stand in a segment as it is: unreserved characters and sub-delimiters, but neither ";" nor "*". */
const plain = /^[A-Za-z0-9\-._~!$&'()+,=:@]$/
const unreserved = /^[A-Za-z0-9\-._~]$/
/** Decoded, these would be a separator, an end or an escape to somebody: no two proxies agree on them. */
const divisive = /[/\\;?#%*]/
const control = /\p{Cc}/u

/**
 * The path of a request target, where everybody resolves it alike: a gateway, its upstream and our routes. Anything that
 * one of them may normalise (dot segments, doubled or encoded separators, matrix parameters, needless escapes, what is no
 * UTF-8) is refused with its reason, not mended. The query is cut off; it never decides. Escapes keep their spelling.
 */
export function canonicalPath(target: string): CanonicalPath {
  if (target.length > maxTarget) return { refused: 'too long' }
  if (!target.startsWith('/')) return { refused: 'no absolute path' }
  const end = target.indexOf('?')
  const path = end === -1 ? target : target.slice(0, end)
  if (target.includes('#')) return { refused: 'a fragment' }
  const segments = path.slice(1).split('/')
  for (const [at, segment] of segments.entries()) {
    if (segment === '') {
      if (at === segments.length - 1) continue
      return { refused: 'an empty segment' }
    }
    const refused = refusedSegment(segment)
    if (refused !== undefined) return { refused }
  }
  return { path }
}

function refusedSegment(segment: string): string | undefined {
  if (segment === '.' || segment === '..') return 'a dot segment'
  let escaped = false
  for (let at = 0; at < segment.length; at++) {
    const char = segment[at] as string
    if (plain.test(char)) continue
    if (char !== '%') return 'a character that is not plain'
    const code = /^[0-9A-Fa-f]{2}/.exec(segment.slice(at + 1, at + 3))?.[0]
    if (code === undefined) return 'a broken escape'
    if (unreserved.test(String.fromCharCode(Number.parseInt(code, 16)))) return 'a needless escape'
    escaped = true
    at += 2
  }
  return escaped ? refusedText(segment) : undefined
}

function refusedText(segment: string): string | undefined {
  const text = decoded(segment)
  if (text === undefined) return 'no UTF-8'
  if (control.test(text)) return 'a control character'
  // Full-width and other forms that a normaliser turns into a separator count as one.
  const folded = text.normalize('NFKC')
  if (divisive.test(text) || divisive.test(folded)) return 'an escaped separator'
  return /^\.{1,2}$/.test(folded) ? 'a dot segment' : undefined
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
