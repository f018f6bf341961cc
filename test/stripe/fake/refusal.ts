export type RefusalBody = {
  readonly type?: string
  readonly code?: string
  readonly param?: string
  readonly message: string
}

/** An answer of Stripe that is none. */
export class StripeRefusal extends Error {
  readonly status: number
  readonly body: { readonly error: RefusalBody }
  readonly retryAfter: number | undefined

  constructor(status: number, error: RefusalBody, retryAfter?: number) {
    super(error.message)
    this.status = status
    this.body = { error: { type: 'invalid_request_error', ...error } }
    this.retryAfter = retryAfter
  }
}

export const noSuch = (object: string, id: string, param = 'id', status = 404): StripeRefusal =>
  new StripeRefusal(status, { code: 'resource_missing', param, message: `No such ${object}: '${id}'` })
