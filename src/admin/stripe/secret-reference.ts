import { isAbsolute, resolve, sep } from 'node:path'

const environmentName = /^STRIPE_[A-Z0-9_]{1,100}$/

/** Where a secret is: an environment variable's name, or a file's path. */
export type SecretReference = { readonly env: string } | { readonly file: string }

/**
 * What a reference ("env:NAME", "file:/path") means, or why it is refused, as the rest of a sentence. Only variables of
 * Stripe's and files in `folder` are meant for this: a reference must not lead to another secret of the server.
 */
export function readSecretReference(text: string, folder: string | undefined): SecretReference | string {
  if (text.startsWith('env:')) {
    const name = text.slice(4)
    if (environmentName.test(name)) return { env: name }
    return 'names a variable that does not begin with STRIPE_'
  }
  if (!text.startsWith('file:')) return 'is neither "env:NAME" nor "file:/path"'
  const path = text.slice(5)
  if (folder === undefined) return 'names a file, but VOUCHSAFE_STRIPE_SECRETS_DIR is not set'
  const plain = isAbsolute(path) && resolve(path) === path && !path.includes('\0')
  if (!plain) return 'is not the plain, absolute path of a file'
  const within = path.startsWith(resolve(folder) + sep)
  return within ? { file: path } : 'is outside of VOUCHSAFE_STRIPE_SECRETS_DIR'
}
