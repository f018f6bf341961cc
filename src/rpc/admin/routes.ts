import { createRoute, deleteRoute, getRoute, listRoutes, updateRoute } from '#admin/routes.ts'
import { RouteService } from '#gen/vouchsafe/admin/v1/route_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { adminRpcs, fieldsOf, given } from './serve.ts'

export function routeRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = RouteService
  const { read, write } = adminRpcs(needs)
  return [
    write(
      method.createRoute,
      createRoute,
      (asked) => given(asked.route, 'route'),
      (route) => ({ route }),
    ),
    read(
      method.getRoute,
      getRoute,
      (asked) => asked.route,
      (route) => ({ route }),
    ),
    read(
      method.listRoutes,
      listRoutes,
      (asked) => asked,
      ({ items, next_page_token }) => ({ routes: items, next_page_token }),
    ),
    write(
      method.updateRoute,
      updateRoute,
      (asked) => ({ document: given(asked.route, 'route'), fields: fieldsOf(asked.update_mask) }),
      (route) => ({ route }),
    ),
    write(
      method.deleteRoute,
      deleteRoute,
      (asked) => asked.route,
      () => ({}),
    ),
  ]
}
