import { create, type JsonObject } from '@bufbuild/protobuf'
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
  return create(OkHttpResponseSchema, {
    headers: said.map(overwrite),
    // Envoy removes after it has set: one that is said must not be listed. Aliases that we are shown are refused; a
    // configuration may show us none.
    headersToRemove: [...reservedHeaders.filter((name) => !names.has(name)), ...reservedAliases],
  })
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
