import { isUtf8 } from 'node:buffer'
import { refusedHeader } from '#core/identity-headers.ts'
import type { AttributeContext_HttpRequest } from '#gen/envoy/service/auth/v3/attribute_context_pb.ts'
import type { CheckRequest } from '#gen/envoy/service/auth/v3/external_auth_pb.ts'
import { clientTokens } from '#rpc/client-tokens.ts'
import type { GateRequest, RefusedQuestion } from '#rpc/gate.ts'

type Header = readonly [name: string, value: string]

/**
 * The question of Envoy's request. Method, host and path are what Envoy says they are; of the client's headers only
 * `authorization` counts, and none of the others can change an answer but by being refused.
 */
export function extAuthzQuestion({ attributes }: CheckRequest): GateRequest | RefusedQuestion {
  const http = attributes?.request?.http
  if (http === undefined) return refused('REQUEST_REFUSED', 'no attributes of an HTTP request')
  const headers = headersOf(http)
  if (headers === undefined) return refused('HEADER_REFUSED', 'a header that is no UTF-8')
  const why = refusedHeader(headers)
  if (why !== undefined) return refused('HEADER_REFUSED', why)
  if (http.fragment !== '') return refused('PATH_REFUSED', 'a fragment')
  return {
    method: http.method,
    host: http.host,
    target: http.path,
    tokens: clientTokens(valuesOf(headers, 'authorization')),
    tenant: attributes?.contextExtensions.tenant ?? '',
    body_truncated: truncated(headers),
  }
}

export function refused(code: string, detail: string): RefusedQuestion {
  return { refused: { code, status: 400, detail } }
}

/** Of the client's request, for a call that carries none itself. */
export function traceparentOf({ attributes }: CheckRequest): string | undefined {
  const http = attributes?.request?.http
  return http && valuesOf(headersOf(http) ?? [], 'traceparent')[0]
}

/** From both places where Envoy may put them, bytes as Latin-1. Undefined where there is something that is no text. */
function headersOf(http: AttributeContext_HttpRequest): readonly Header[] | undefined {
  const headers: Header[] = Object.entries(http.headers)
  for (const { key, value, rawValue } of http.headerMap?.headers ?? []) {
    if (!isUtf8(rawValue)) return undefined
    const { buffer, byteOffset, length } = rawValue
    headers.push([key, length === 0 ? value : Buffer.from(buffer, byteOffset, length).toString('latin1')])
  }
  return headers
}

function truncated(headers: readonly Header[]): boolean {
  return valuesOf(headers, 'x-envoy-auth-partial-body').some((value) => value !== 'false')
}

function valuesOf(headers: readonly Header[], wanted: string): readonly string[] {
  return headers
    .filter(([name]) => name.length === wanted.length && name.toLowerCase() === wanted)
    .map(([, value]) => value)
}
