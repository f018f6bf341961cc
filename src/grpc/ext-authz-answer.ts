import { create, type JsonObject, toBinary, type UnknownField } from '@bufbuild/protobuf'
import { WireType } from '@bufbuild/protobuf/wire'
import { status } from '@grpc/grpc-js'
import { identityHeaders, reservedAliases, reservedHeaders } from '#core/identity-headers.ts'
import { type HeaderValueOption, HeaderValueOptionSchema } from '#gen/envoy/config/core/v3/base_pb.ts'
import {
  type CheckResponse,
  CheckResponseSchema,
  type DeniedHttpResponse,
  DeniedHttpResponseSchema,
  type OkHttpResponse,
  OkHttpResponseSchema,
} from '#gen/envoy/service/auth/v3/external_auth_pb.ts'
import type { StatusCode } from '#gen/envoy/type/v3/http_status_pb.ts'
import { StatusSchema } from '#gen/google/rpc/status_pb.ts'
import { deniedResponse } from '#rpc/denied-response.ts'
import type { GateReply } from '#rpc/gate.ts'
import { identityOf } from '#rpc/identity-of.ts'

/** What Envoy does with a request: lets it through with our headers and nobody else's, or turns it away. */
export function extAuthzAnswer(reply: GateReply, upgradeUrl: string | undefined): CheckResponse {
  return create(CheckResponseSchema, {
    status: create(StatusSchema, { code: codeOf(reply) }),
    httpResponse: reply.allowed
      ? { case: 'okResponse', value: passed(reply) }
      : { case: 'deniedResponse', value: denied(reply, upgradeUrl) },
    dynamicMetadata: metadataOf(reply),
  })
}

function codeOf(reply: GateReply): status {
  if (reply.allowed) return status.OK
  return reply.status === 401 ? status.UNAUTHENTICATED : status.PERMISSION_DENIED
}

function passed(reply: GateReply): OkHttpResponse {
  const said = identityHeaders(identityOf(reply))
  const names = new Set<string>(said.map(([name]) => name))
  const ok = create(OkHttpResponseSchema, {
    headers: said.map(overwrite),
    // Envoy removes after it has set: one that is said must not be listed.
    headersToRemove: reservedHeaders.filter((name) => !names.has(name)),
  })
  ok.$unknown = removedAliases
  return ok
}

/**
 * Aliases that we are shown are refused; a configuration may show us none. They are many and always the same: their bytes
 * are made once, and written behind the headers that an answer removes itself.
 */
const removedAliases: UnknownField[] = [asWritten([...reservedAliases])]

function asWritten(headersToRemove: string[]): UnknownField {
  const bytes = toBinary(OkHttpResponseSchema, create(OkHttpResponseSchema, { headersToRemove }))
  // The tag of the first is written from its number; those of the others stand between them.
  return {
    no: OkHttpResponseSchema.field.headersToRemove.number,
    wireType: WireType.LengthDelimited,
    data: bytes.subarray(1),
  }
}

function denied(reply: GateReply, upgradeUrl: string | undefined): DeniedHttpResponse {
  const { status: code, headers, body } = deniedResponse(reply, upgradeUrl)
  return create(DeniedHttpResponseSchema, {
    status: { code: code as StatusCode },
    headers: headers.map(overwrite),
    body,
  })
}

function overwrite([key, value]: readonly [string, string]): HeaderValueOption {
  return create(HeaderValueOptionSchema, { header: { key, value }, append: false })
}

/** For Envoy's logs and filters. */
function metadataOf({ decision_id, code, answer, tenant, detail }: GateReply): JsonObject {
  return {
    decision_id,
    reason: code,
    // Its name until there was `reason`.
    code,
    revision: answer?.data_revision ?? '',
    route: answer?.route?.pattern ?? '',
    tenant: tenant ?? '',
    ...(detail !== undefined && { detail }),
  }
}
