import { devIss } from '#main/dev-issuer.ts'

/** A person as the identity provider of the demo names them. */
export const person = (subject: string) =>
  ({ holder: { case: 'identity', value: { issuer: devIss, subject } } }) as const
export const entitlement = (value: string) => ({ target: { case: 'entitlement', value } }) as const
export const product = (value: string) => ({ target: { case: 'product', value } }) as const
export const plan = (value: string) => ({ target: { case: 'plan', value } }) as const
/** An answer as fresh as this revision. */
export const since = (revision: string) => ({ demand: { case: 'atLeast', value: revision } }) as const
