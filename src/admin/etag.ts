import { createHash } from 'node:crypto'

/** Of a document's values: equal documents have equal ones. */
export function etagOf(document: object): string {
  return createHash('sha256').update(JSON.stringify(document)).digest('base64url').slice(0, 16)
}
