import type { Route as CoreRoute } from '#core/route.ts'
import type { Route } from '#gen/vouchsafe/admin/v1/route_service_pb.ts'

/** The server's own way to find routes, loaded where it is needed. */
export async function matcherOf(routes: readonly Route[]) {
  const { matchRoutes } = await import('#main/match-routes.ts')
  return matchRoutes(routes.map(stored))
}

function stored(route: Route): CoreRoute {
  const {
    id,
    host,
    method,
    pattern,
    anyOf: any_of,
    allOf: all_of,
    context,
    partialBody: partial_body,
  } = route
  return { id, host, method, pattern, public: route.public, any_of, all_of, context, partial_body }
}
