import { AppError } from '#core/errors.ts'

/** Why a token was refused: `metadata.cause` of TOKEN_REFUSED, a metric's label and the security log's reason. */
export const refusalCauses = [
  'malformed',
  'algorithm',
  'issuer',
  'audience',
  'type',
  'key',
  'keys_unavailable',
  'signature',
  'expired',
  'not_yet',
  'subject',
] as const
export type RefusalCause = (typeof refusalCauses)[number]

/** It never carries an underlying error: those hold the token's content. */
export function refusal(cause: RefusalCause): AppError {
  return new AppError('TOKEN_REFUSED', `The access token was refused: ${texts[cause]}.`, { cause })
}

const texts: Readonly<Record<RefusalCause, string>> = {
  malformed: 'it is malformed',
  algorithm: 'its algorithm is not allowed',
  issuer: 'its issuer is not known',
  audience: 'its audience is not known',
  type: 'it is of another type',
  key: 'its key is not known',
  keys_unavailable: 'the keys of its issuer are not available',
  signature: 'its signature is wrong',
  expired: 'it has expired',
  not_yet: 'it is not valid yet',
  subject: 'its subject is malformed or deleted',
}
