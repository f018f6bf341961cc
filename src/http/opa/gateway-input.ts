import { refusedHeader } from '#core/identity-headers.ts'
import type { Json, JsonObject } from '#core/json.ts'
import { clientTokens } from '#rpc/client-tokens.ts'
import type { GateRequest, RefusedQuestion } from '#rpc/gate.ts'

type Said = { readonly http: JsonObject; readonly path: (path: string) => string | undefined }

/** The plugins give no more headers than this, and do not say what they left out. */
const maxHeaders = 100

/** A client's request, as Kong's or APISIX's `opa` plugin describes it. Nothing else of their input is believed. */
export function gatewayInput(input: Json | undefined, tenant: string): GateRequest | RefusedQuestion {
  const said = saidBy(input)
  if (said === undefined) return refused('REQUEST_REFUSED', 'no input of a gateway that is known')
  const { method, host, path, headers } = said.http
  if (typeof method !== 'string' || typeof host !== 'string' || typeof path !== 'string') {
    return refused('REQUEST_REFUSED', 'no method, host or path')
  }
  const lines = linesOf(headers)
  if (lines === undefined) return refused('HEADER_REFUSED', 'headers that cannot be read')
  if (lines.length >= maxHeaders) return refused('HEADER_REFUSED', 'as many headers as the plugin gives')
  const why = refusedHeader(lines)
  if (why !== undefined) return refused('HEADER_REFUSED', why)
  const target = said.path(path)
  if (target === undefined) return refused('PATH_REFUSED', 'a path that is none')
  const authorization = lines.filter(([name]) => name.toLowerCase() === 'authorization')
  return { method, host, target, tenant, tokens: clientTokens(authorization.map(([, value]) => value)) }
}

/** Undefined: neither of the two. */
function saidBy(input: Json | undefined): Said | undefined {
  const { request, type } = objectOf(input) ?? {}
  const about = objectOf(request)
  if (about === undefined) return undefined
  const http = objectOf(about.http)
  // Kong's path keeps its escapes, and has no query.
  if (http !== undefined) return { http, path: (path) => (path.includes('?') ? undefined : path) }
  return type === 'http' ? { http: about, path: escaped } : undefined
}

/** APISIX gives the path decoded: what was escaped is again, so that a separator that was none does not become one. */
function escaped(path: string): string | undefined {
  if (!path.isWellFormed()) return undefined
  return path.replace(/[^A-Za-z0-9\-._~!$&'()+,=:@/]/gu, encodeURIComponent)
}

/** Each header of the client by its name; several values are several headers. */
function linesOf(headers: Json | undefined): readonly (readonly [string, string])[] | undefined {
  const table = objectOf(headers)
  if (table === undefined) return undefined
  const lines = Object.entries(table).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly Json[]) : [value]).map((each) => [name, each] as const),
  )
  return lines.every((line): line is readonly [string, string] => typeof line[1] === 'string')
    ? lines
    : undefined
}

function objectOf(value: Json | undefined): JsonObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as JsonObject
}

function refused(code: string, detail: string): RefusedQuestion {
  return { refused: { code, status: 400, detail } }
}
