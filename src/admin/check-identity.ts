import { invalid } from './invalid.ts'

/** A name that a token can carry and a header can show. */
export function checkIdentity(
  field: string,
  identity: { readonly issuer: string; readonly subject: string },
): void {
  if (!/^[\x21-\x7e]{1,255}$/.test(identity.subject))
    throw invalid(`${field}.subject`, 'A subject is 1 to 255 visible ASCII characters.')
  if (!/^[\x21-\x7e]{1,512}$/.test(identity.issuer))
    throw invalid(`${field}.issuer`, 'An issuer is 1 to 512 visible ASCII characters.')
}
