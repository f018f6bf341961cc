import type { StripeAccount } from './account.ts'

/** The value of "env:NAME" or "file:/path"; undefined where there is none, or one that only stands in for a secret. */
export type SecretOf = (reference: string) => string | undefined

/** The secrets that an account's events may be signed with, and the references that lead to none. */
export function usableSecrets({ webhook_secrets }: StripeAccount, secret: SecretOf) {
  const secrets: string[] = []
  const missing: string[] = []
  for (const reference of webhook_secrets) {
    const value = secret(reference)
    if (value === undefined || value.trim() === '') missing.push(reference)
    else secrets.push(value)
  }
  return { secrets, missing }
}
