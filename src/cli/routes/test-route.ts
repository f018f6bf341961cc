import type { AskOptions } from '#cli/ask-options.ts'
import { tokenOf } from '#cli/ask-options.ts'
import { connected } from '#cli/connected.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { faint, green, red } from '#cli/print.ts'
import type { Client } from '#client/client.ts'
import type { Route } from '#core/route.ts'
import { Authorization, type CheckResponse } from '#gen/envoy/service/auth/v3/external_auth_pb.ts'
import { listRoutes } from './list-routes.ts'
import { matcherOf } from './matcher.ts'
import { needsText } from './needs-text.ts'

export type TestOptions = Pick<AskOptions, 'as' | 'claim' | 'token'> & {
  readonly tenant?: string
  readonly json?: boolean
}

type Verdict = {
  readonly allowed: boolean
  readonly status: number
  readonly code: string
  readonly decision_id: string
  readonly text?: string
}

/** Which route a request has and what that needs; with a token also what the gate says, asked as a gateway asks. */
export async function testRoute(method: string, url: string, options: TestOptions): Promise<void> {
  const request = { method: method.toUpperCase(), ...partsOf(url) }
  const { tenant = '' } = options
  const { found, verdict } = await connected(async (client) => {
    const match = await matcherOf(await listRoutes(client, tenant))
    const token = await tokenOf(options)
    return {
      found: match(request.method, request.host, request.target),
      ...(token !== undefined && { verdict: await ask(client, request, tenant, token) }),
    }
  })
  const routes = 'refused' in found ? [] : found.routes
  const near = 'refused' in found ? [] : found.near
  const refused = 'refused' in found ? found.refused : undefined
  const passes = verdict?.allowed ?? routes.length > 0
  if (options.json) {
    const shown = {
      ...request,
      ...(refused !== undefined && { refused }),
      routes,
      ...(near.length > 0 && { near }),
      ...(verdict && { verdict }),
    }
    process.stdout.write(`${JSON.stringify(shown)}\n`)
  } else
    process.stdout.write(`${[...routeLines(routes, near, refused), ...verdictLines(verdict)].join('\n')}\n`)
  process.exitCode = passes ? exitCodes.ok : exitCodes.denied
}

/** As written: a parser of URLs would mend what a gateway may not. */
function partsOf(url: string): { readonly host: string; readonly target: string } {
  const parts = /^(?:[a-z][a-z0-9+.-]*:\/\/([^/?#]+))?(\/.*)?$/is.exec(url)
  if (parts === null || (parts[1] === undefined && parts[2] === undefined)) {
    throw new CommandFailed(`"${url}" is neither a URL nor a path.`, exitCodes.usage)
  }
  const host = (parts[1] ?? 'localhost').replace(/^.*@/, '').replace(/:\d+$/, '').toLowerCase()
  return { host, target: parts[2] ?? '/' }
}

async function ask(
  client: Client,
  { method, host, target: path }: { readonly method: string; readonly host: string; readonly target: string },
  tenant: string,
  token: string,
): Promise<Verdict> {
  const headers = { authorization: `Bearer ${token}` }
  const contextExtensions: Record<string, string> = tenant === '' ? {} : { tenant }
  return verdictOf(
    await client.call(Authorization.method.check)({
      attributes: { request: { http: { method, host, path, headers } }, contextExtensions },
    }),
  )
}

function verdictOf({ status, httpResponse, dynamicMetadata }: CheckResponse): Verdict {
  const { code, decision_id } = (dynamicMetadata ?? {}) as {
    readonly code?: string
    readonly decision_id?: string
  }
  const known = { code: code ?? '', decision_id: decision_id ?? '' }
  if (status?.code === 0 && httpResponse.case === 'okResponse')
    return { allowed: true, status: 200, ...known }
  const denied = httpResponse.case === 'deniedResponse' ? httpResponse.value : undefined
  const { error } = JSON.parse(denied?.body || '{}') as { readonly error?: string }
  return {
    allowed: false,
    status: denied?.status?.code ?? 403,
    ...known,
    ...(error !== undefined && { text: error }),
  }
}

function routeLines(
  routes: readonly Route[],
  near: readonly Route[],
  refused: string | undefined,
): readonly string[] {
  if (refused !== undefined)
    return [`${red('refused')}  the path holds ${refused}: two servers may read it differently`]
  if (routes.length === 0) {
    const others = near.map(
      (route) => `near     ${placeOf(route)}, another method, or other capitals or a last slash`,
    )
    return [`${red('no route')}  its requests are denied`, ...others]
  }
  return routes.flatMap((route) => [`route    ${placeOf(route)}`, `needs    ${needsText(route)}`])
}

function verdictLines(verdict: Verdict | undefined): readonly string[] {
  if (verdict === undefined) return []
  const { allowed, status, code, text, decision_id } = verdict
  const why = `why      ${code}${text === undefined ? '' : ` – ${text}`}`
  return [
    `verdict  ${allowed ? green('passes') : `${red('denied')} ${faint(`(HTTP ${status})`)}`}`,
    why,
    faint(`         decision ${decision_id}`),
  ]
}

function placeOf({ method, host, pattern, id }: Route): string {
  return `${method} ${host === '*' ? '' : host}${pattern} ${faint(id)}`
}
