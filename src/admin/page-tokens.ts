import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { AppError } from '#core/errors.ts'

/** Where a list goes on: the sort key of the last row shown. */
export type Cursor = readonly (string | number)[]

export type PageTokens = {
  /** `list` names the tenant and all that selects rows: the token is good for nothing else. */
  readonly write: (list: readonly string[], cursor: Cursor) => string
  /** AppError INVALID_FIELD for whatever `write` did not write for this list. */
  readonly read: (list: readonly string[], token: string) => Cursor
}

const macLength = 32

/** Page tokens under a key derived from the server's secret: a forged cursor never reaches SQL. */
export function createPageTokens(secret: string | Uint8Array): PageTokens {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'vouchsafe page tokens 1', 32))
  const mac = (list: readonly string[], cursor: Uint8Array) =>
    createHmac('sha256', key).update(JSON.stringify(list)).update('\0').update(cursor).digest()
  return {
    write: (list, cursor) => {
      const bytes = Buffer.from(JSON.stringify(cursor))
      return Buffer.concat([mac(list, bytes), bytes]).toString('base64url')
    },
    read: (list, token) => {
      const bytes = Buffer.from(token, 'base64url')
      if (bytes.length <= macLength || bytes.toString('base64url') !== token) throw malformed()
      const cursor = bytes.subarray(macLength)
      if (!timingSafeEqual(bytes.subarray(0, macLength), mac(list, cursor))) throw malformed()
      return JSON.parse(cursor.toString()) as Cursor
    },
  }
}

function malformed(): AppError {
  return new AppError('INVALID_FIELD', 'The page_token is not one of this list.', { field: 'page_token' })
}
