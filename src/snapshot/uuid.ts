const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const byteText = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Canonical text only, as Postgres writes it: one id has one spelling. */
export function isUuid(text: string): boolean {
  return pattern.test(text)
}

/** Writes the four words of a UUID's canonical text. False if it is none. */
export function parseUuid(text: string, into: Uint32Array): boolean {
  if (text.length !== 36) return false
  let word = 0
  let digits = 0
  for (let at = 0; at < 36; at++) {
    const code = text.charCodeAt(at)
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      if (code !== 45) return false
      continue
    }
    const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1
    if (digit === -1) return false
    word = (word << 4) | digit
    digits++
    if ((digits & 7) === 0) into[(digits >>> 3) - 1] = word
  }
  return true
}

export function readUuid(bytes: Buffer, at: number, into: Uint32Array): void {
  into[0] = bytes.readUInt32BE(at)
  into[1] = bytes.readUInt32BE(at + 4)
  into[2] = bytes.readUInt32BE(at + 8)
  into[3] = bytes.readUInt32BE(at + 12)
}

export function uuidText(a: number, b: number, c: number, d: number): string {
  return `${hex32(a)}-${hex16(b >>> 16)}-${hex16(b)}-${hex16(c >>> 16)}-${hex16(c)}${hex32(d)}`
}

function hex16(word: number): string {
  return (byteText[(word >>> 8) & 255] as string) + (byteText[word & 255] as string)
}

function hex32(word: number): string {
  return hex16(word >>> 16) + hex16(word)
}
