/** What a gateway's upstream is told of whoever asks. Only these names; nobody else may say them. */
export const reservedHeaders = [
  'x-vouchsafe-subject',
  'x-vouchsafe-tier',
  'x-vouchsafe-entitlements',
  'x-vouchsafe-decision-id',
  'x-vouchsafe-revision',
  'x-vouchsafe-reason',
] as const

type ReservedHeader = (typeof reservedHeaders)[number]

export type Identity = {
  readonly decision_id: string
  /** Shown name of the principal. */
  readonly subject?: string
  readonly tier?: string
  /** Keys that it was found to have. */
  readonly entitlements: readonly string[]
  /** Of the data. */
  readonly revision?: string
  readonly reason?: string
}

/** Their spellings with "_" or "." somewhere: to servers that read variables they are the same names. */
export const reservedAliases: readonly string[] = reservedHeaders.flatMap((name) =>
  spellings(name.split('-')).filter((each) => each !== name),
)

function spellings([first = '', ...rest]: readonly string[]): readonly string[] {
  if (rest.length === 0) return [first]
  return spellings(rest).flatMap((tail) => ['-', '_', '.'].map((sign) => first + sign + tail))
}

const maxValue = 4096
const folded = new Set(reservedHeaders.map(fold))
const lengths = new Set(reservedHeaders.map(({ length }) => length))
const fieldName = /^:?[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Servers behind a gateway read "X_Vouchsafe.Subject" as the same variable: whatever is no letter or digit is one sign. */
function fold(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}

/** Whether a name is a reserved one, or one that somebody may take for it. */
export function isReserved(name: string): boolean {
  // Folding keeps the length, and few names have one of these.
  return lengths.has(name.length) && folded.has(fold(name))
}

/**
 * Why a client's headers cannot be believed to leave ours alone: one under a reserved name or an alias, a `Connection` that
 * would have one dropped, a `Trailer` that announces one after the question is answered, or what is no header at all. Undefined: none of these. For the log; it quotes nothing of values.
 */
export function refusedHeader(headers: Iterable<readonly [name: string, value: string]>): string | undefined {
  for (const [name, value] of headers) {
    if (!fieldName.test(name)) return 'a header that has no proper name'
    if (isReserved(name)) return `the reserved header ${fold(name)}`
    // A proxy reads it as the end of a value.
    if (/[\0\r\n]/.test(value)) return 'a control character in a header'
    const lists = name.toLowerCase()
    if (lists !== 'connection' && lists !== 'trailer') continue
    if (value.split(',').some((token) => isReserved(token.trim()))) return `a reserved header in ${lists}`
  }
  return undefined
}

/** The headers for the upstream. What cannot be said whole and unambiguously is left out, never shortened. */
export function identityHeaders(
  identity: Identity,
): readonly (readonly [name: ReservedHeader, value: string])[] {
  const said: Record<ReservedHeader, string | undefined> = {
    'x-vouchsafe-subject': headerValue(identity.subject),
    'x-vouchsafe-tier': headerValue(identity.tier),
    'x-vouchsafe-entitlements': headerValue(identity.entitlements.join(',')),
    'x-vouchsafe-decision-id': headerValue(identity.decision_id),
    'x-vouchsafe-revision': headerValue(identity.revision),
    'x-vouchsafe-reason': headerValue(identity.reason),
  }
  return reservedHeaders.flatMap((name) => {
    const value = said[name]
    return value === undefined ? [] : [[name, value] as const]
  })
}

/** Visible ASCII as it is; everything else, and the percent sign, as URIs escape it. */
function headerValue(text: string | undefined): string | undefined {
  // Two lone surrogates would be escaped alike, and so become one name.
  if (text === undefined || text === '' || text.length > maxValue || !text.isWellFormed()) return undefined
  const value = text.replace(/[^\x21-\x24\x26-\x7e]+/g, encodeURIComponent)
  return value.length > maxValue ? undefined : value
}
