import { Stripe } from 'stripe'

export type Signed = {
  /** The body's text, as it came. */
  readonly text: string
  /** `Stripe-Signature`. */
  readonly header: string
  readonly secrets: readonly string[]
  /** ms. */
  readonly now: number
}

/** What a signature proved, or why it proves nothing. */
export type Verified =
  | { readonly event: unknown }
  | { readonly refused: 'signature header' | 'signature' | 'timestamp' | 'body' }

const toleranceSeconds = 300
// It only reads: no key is ever used with it.
const reader = new Stripe('sk_none')

/**
 * The event of a body that one of the secrets signed within the last five minutes. The package bounds the age alone:
 * what is signed for later would be good for longer, and is refused here.
 */
export function verifySignature({ text, header, secrets, now }: Signed): Verified {
  const signedAt = timestampOf(header)
  if (signedAt === undefined) return { refused: 'signature header' }
  if (Math.abs(Math.floor(now / 1000) - signedAt) > toleranceSeconds) return { refused: 'timestamp' }
  for (const secret of secrets) {
    try {
      return { event: read(text, header, secret, now) }
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) return { refused: 'body' }
    }
  }
  return { refused: 'signature' }
}

function read(text: string, header: string, secret: string, now: number): unknown {
  try {
    return reader.webhooks.constructEvent(text, header, secret, toleranceSeconds, undefined, now)
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) throw error
    // It was signed, and is a thin event or no JSON.
    const thin = reader.parseEventNotification(text, header, secret, toleranceSeconds, undefined, now)
    return { ...thin, context: thin.context?.toString() }
  }
}

/** Seconds; said exactly once, for of several the package takes the last. What is malformed makes it throw anything. */
function timestampOf(header: string): number | undefined {
  const items = header.split(',')
  if (!items.every((item) => /^\w+=[^=\s]+$/.test(item))) return undefined
  const [only, ...others] = items.filter((item) => item.startsWith('t='))
  const seconds = only === undefined || others.length > 0 ? undefined : /^t=(\d{1,12})$/.exec(only)?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}
