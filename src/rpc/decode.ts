import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf'
import { AppError } from '#core/errors.ts'
import { limits } from './limits.ts'

const options = { recursionLimit: limits.wireNesting, readUnknownFields: false }

/** A message of its bytes. Throws INVALID_FIELD for bytes that are none. */
export function decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(schema, bytes, options)
  } catch {
    throw undecodable()
  }
}

/** What is said for a message that cannot be read; not why, for that text quotes the input. */
export function undecodable(): AppError {
  return new AppError('INVALID_FIELD', 'The message cannot be decoded.', { field: '', rule: 'encoding' })
}
