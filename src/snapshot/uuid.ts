const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const byteText = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Canonical text only, as Postgres writes it: one id has one spelling. */
export function isUuid(text: string): boolean {
  return pattern.test(text)
}

/** Writes the four words of a UUID's canonical text. False if it is none. */
export function parseUuid(text: string, into: Uint32Array): boolean {
  if (!isUuid(text)) return false
  into[0] = Number.parseInt(text.slice(0, 8), 16)
  into[1] = Number.parseInt(text.slice(9, 13) + text.slice(14, 18), 16)
  into[2] = Number.parseInt(text.slice(19, 23) + text.slice(24, 28), 16)
  into[3] = Number.parseInt(text.slice(28, 36), 16)
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
