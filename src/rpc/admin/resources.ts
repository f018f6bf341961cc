import { deleteResource, listResources, putResource } from '#admin/resources.ts'
import { ResourceService } from '#gen/vouchsafe/admin/v1/resource_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { adminRpcs, given } from './serve.ts'

export function resourceRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = ResourceService
  const { read, write } = adminRpcs(needs)
  return [
    write(
      method.putResource,
      putResource,
      (asked) => given(asked.resource, 'resource'),
      (done) => done,
    ),
    write(
      method.deleteResource,
      deleteResource,
      (asked) => asked,
      (done) => done,
    ),
    read(
      method.listResources,
      listResources,
      (asked) => asked,
      ({ items, next_page_token }) => ({ resources: items, next_page_token }),
    ),
  ]
}
