import { hash, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** A new key. `text` is shown once; only `id` and `sha256` are stored. */
export type GeneratedApiKey = { readonly text: string; readonly id: string; readonly sha256: Uint8Array }

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const shape = /^vch_([A-Za-z0-9]{12})_[\w-]{43}[A-Za-z0-9]{6}$/
const bodyLength = 'vch_'.length + 12 + 1 + 43

/** Random bytes that `generateApiKey` needs: 32 for the secret, 12 for the id. */
export const apiKeyRandomBytes = 44

/** `vch_<12 letters or digits>_<256-bit secret><CRC-32 as 6 base-62 digits>`. */
export function generateApiKey(random: Uint8Array): GeneratedApiKey {
  if (random.length !== apiKeyRandomBytes)
    throw new RangeError(`an API key needs ${apiKeyRandomBytes} random bytes`)
  const secret = random.subarray(0, 32).toBase64({ alphabet: 'base64url', omitPadding: true })
  const id = Array.from(random.subarray(32), (byte) => letters[byte % letters.length]).join('')
  const body = `vch_${id}_${secret}`
  const text = body + checksum(body)
  return { text, id, sha256: sha256(text) }
}

/** The id of a well-formed key with the right checksum: tells a mistyped or cut key from an unknown one without a look-up. */
export function apiKeyId(text: string): string | undefined {
  const id = shape.exec(text)?.[1]
  if (id === undefined || checksum(text.slice(0, bodyLength)) !== text.slice(bodyLength)) return undefined
  return id
}

/** Compares in constant time; with no stored digest it does the same work and answers false. */
export function isApiKey(text: string, stored: Uint8Array | undefined): boolean {
  const given = sha256(text)
  const known = stored !== undefined && stored.length === given.length
  return timingSafeEqual(given, known ? stored : nobody) && known
}

const nobody = new Uint8Array(32)

function sha256(text: string): Uint8Array {
  return hash('sha256', text, 'buffer')
}

function checksum(body: string): string {
  let rest = crc32(body)
  let digits = ''
  for (let place = 0; place < 6; place++) {
    digits = letters.charAt(rest % 62) + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}
