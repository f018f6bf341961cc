import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { type CheckRequest, CheckRequestSchema, type CheckResponse } from '#gen/vouchsafe/v1/decision_pb.ts'
import type { Ask, Told } from './door.ts'

/** The question as Check takes it. */
export function messageOf(ask: Ask): CheckRequest {
  const { token, entitlement, resource, quantity, organization = '', module = '', attributes } = ask
  const init: MessageInitShape<typeof CheckRequestSchema> = {
    subject: { subject: { case: 'accessToken', value: token } },
    entitlement,
    ...(resource && { resource }),
    ...(quantity !== undefined && { quantity: BigInt(quantity) }),
    context: { organization, module, ...(attributes && { attributes: { ...attributes } as never }) },
  }
  return create(CheckRequestSchema, init)
}

export function toldBy({ allowed, reasons, denyAs, tier }: CheckResponse): Told {
  return {
    allowed,
    reasons: reasons.map(({ code }) => code),
    status: allowed ? 200 : denyAs,
    ...(tier && { tier }),
  }
}
