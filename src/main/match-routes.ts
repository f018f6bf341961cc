import { canonicalHost } from '#core/canonical-host.ts'
import { canonicalPath } from '#core/canonical-path.ts'
import type { Route } from '#core/route.ts'
import { createRouteTable } from '#snapshot/route-table.ts'

export type Matched = { readonly routes: readonly Route[] } | { readonly refused: string }

/** Which routes a request has, found as the server finds them. Refused: a target that no route is looked up for. */
export function matchRoutes(routes: readonly Route[]) {
  const table = createRouteTable(routes)
  return (method: string, host: string, target: string): Matched => {
    const path = canonicalPath(target)
    if ('refused' in path) return path
    return { routes: table.match(method, canonicalHost(host) ?? host, path.path).map(({ route }) => route) }
  }
}
