import type { StripeAccount } from './account.ts'
import { verifySignature } from './api/verify-signature.ts'
import { type Envelope, envelopeOf } from './envelope.ts'
import { jsonFlaw } from './json-flaw.ts'
import { RefusedDelivery } from './refused-delivery.ts'

type Delivered = { readonly body: Uint8Array; readonly signatures: readonly string[] }

/** The envelope of a body that Stripe signed for this account, or RefusedDelivery. `now`: ms. */
export function proveEvent(
  account: StripeAccount,
  { body, signatures }: Delivered,
  secrets: readonly string[],
  now: number,
): Envelope {
  if (secrets.length === 0) throw new RefusedDelivery('no secret')
  const [header = '', ...others] = signatures
  if (header === '' || others.length > 0) throw new RefusedDelivery('signature header')
  const verified = verifySignature({ text: textOf(body), header, secrets, now })
  if ('refused' in verified) throw new RefusedDelivery(verified.refused)
  const envelope = envelopeOf(verified.event)
  if (envelope === undefined) throw new RefusedDelivery('body')
  if (envelope.livemode !== account.livemode) throw new RefusedDelivery('livemode')
  // What happens in the key's own account says no account: what does is another's, unless it is known for its own.
  if (envelope.account !== undefined && envelope.account !== account.account)
    throw new RefusedDelivery('account')
  return envelope
}

// The package would read over what is no UTF-8 and over a byte order mark, and so prove other bytes than those that came.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(body: Uint8Array): string {
  let text: string
  try {
    text = utf8.decode(body)
  } catch {
    throw new RefusedDelivery('body')
  }
  if (text === '' || jsonFlaw(text) !== undefined) throw new RefusedDelivery('body')
  return text
}
