import { AppError } from '#core/errors.ts'

/** Why a delivery was not taken; each is counted. */
export type RefusalCause =
  | 'no endpoint'
  | 'no secret'
  | 'body'
  | 'signature header'
  | 'signature'
  | 'timestamp'
  | 'livemode'
  | 'account'

const answers = {
  'no endpoint': ['NOT_FOUND', 'There is no such endpoint.', ''],
  'no secret': ['NOT_READY', 'The signing secret of this endpoint is not configured.', ''],
  body: ['INVALID_FIELD', 'The body is not an event of Stripe.', ''],
  'signature header': [
    'INVALID_FIELD',
    'One Stripe-Signature with one timestamp is required.',
    'stripe-signature',
  ],
  signature: ['INVALID_FIELD', 'The signature does not prove this body.', 'stripe-signature'],
  timestamp: ['INVALID_FIELD', 'It was signed too long ago, or ahead of this clock.', 'stripe-signature'],
  livemode: ['INVALID_FIELD', 'The event is of the other mode than this endpoint.', 'livemode'],
  account: ['INVALID_FIELD', 'The event is of another account than this endpoint.', 'account'],
} as const satisfies Record<RefusalCause, readonly [string, string, string]>

/** What was sent is not kept, and the sender learns why. */
export class RefusedDelivery extends AppError {
  readonly refusal: RefusalCause

  constructor(refusal: RefusalCause, said?: string) {
    const [code, message, field] = answers[refusal]
    super(code, said ?? message, code === 'INVALID_FIELD' ? { field, rule: refusal } : {})
    this.refusal = refusal
  }
}
