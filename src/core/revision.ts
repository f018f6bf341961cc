import { AppError } from './errors.ts'

/**
 * The place in a tenant's history that an answer reflects. The text is base64url of
 * version, tenant, epoch, revision and chain prefix. It is no secret: forging one only makes you wait.
 */
export type RevisionToken = {
  readonly tenant: string
  readonly epoch: string
  readonly revision: number
  readonly chain: string
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const bytesLength = 1 + 16 + 16 + 8 + 8

export function encodeRevision(token: RevisionToken): string {
  const bytes = new Uint8Array(bytesLength)
  bytes[0] = 1
  writeHex(bytes, 1, token.tenant.replaceAll('-', ''))
  writeHex(bytes, 17, token.epoch.replaceAll('-', ''))
  new DataView(bytes.buffer).setBigUint64(33, BigInt(token.revision))
  writeHex(bytes, 41, token.chain)
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}

/** Throws AppError INVALID_FIELD for anything encodeRevision did not write. */
export function decodeRevision(text: string): RevisionToken {
  const bytes = parse(text)
  if (bytes.length !== bytesLength || bytes[0] !== 1) throw malformed()
  const revision = new DataView(bytes.buffer).getBigUint64(33)
  if (revision > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed()
  const token = {
    tenant: uuidOf(bytes.subarray(1, 17)),
    epoch: uuidOf(bytes.subarray(17, 33)),
    revision: Number(revision),
    chain: bytes.subarray(41).toHex(),
  }
  if (encodeRevision(token) !== text) throw malformed()
  return token
}

function parse(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.fromBase64(text, { alphabet: 'base64url' })
  } catch (cause) {
    throw malformed(cause)
  }
}

function malformed(cause?: unknown): AppError {
  return new AppError(
    'INVALID_FIELD',
    'The revision token is malformed.',
    { field: 'at_least', rule: 'revision' },
    cause,
  )
}

function writeHex(bytes: Uint8Array, offset: number, hex: string): void {
  bytes.set(Uint8Array.fromHex(hex), offset)
}

function uuidOf(bytes: Uint8Array): string {
  const hex = bytes.toHex()
  const text = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  if (!uuid.test(text)) throw malformed()
  return text
}
