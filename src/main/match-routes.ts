import { canonicalHost } from '#core/canonical-host.ts'
import { canonicalPath } from '#core/canonical-path.ts'
import type { Route } from '#core/route.ts'
import { createRouteTable } from '#snapshot/route-table.ts'

export type Matched =
  | {
      readonly routes: readonly Route[]
      /** Where there is none: those of another method, or of a path that differs by capitals or a last slash only. */
      readonly near: readonly Route[]
    }
  | { readonly refused: string }

/** Which routes a request has, found as the server finds them. Refused: a target that no route is looked up for. */
export function matchRoutes(routes: readonly Route[]) {
  const table = createRouteTable(routes)
  const written = new Map(routes.map((route) => [route.id, route]))
  const alike = createRouteTable(
    routes.map((route) => ({ ...route, method: '*', pattern: plain(route.pattern) })),
  )
  return (method: string, host: string, target: string): Matched => {
    const path = canonicalPath(target)
    if ('refused' in path) return path
    const at = canonicalHost(host) ?? host
    const found = table.match(method, at, path.path)
    const near = found.length > 0 ? [] : alike.match(method, at, plain(path.path))
    return {
      routes: found.map(({ route }) => route),
      near: near.flatMap(({ route }) => written.get(route.id) ?? []),
    }
  }
}

function plain(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1).toLowerCase() : path.toLowerCase()
}
