import type { Client } from '#client/client.ts'
import { type Route, RouteService } from '#gen/vouchsafe/admin/v1/route_service_pb.ts'

/** All routes of a tenant. */
export async function listRoutes(client: Client, tenant: string): Promise<readonly Route[]> {
  const list = client.call(RouteService.method.listRoutes)
  const all: Route[] = []
  let pageToken = ''
  do {
    const page = await list({ tenant, pageSize: 1000, pageToken })
    all.push(...page.routes)
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  return all
}
