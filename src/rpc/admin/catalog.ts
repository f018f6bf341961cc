import { applyCatalog } from '#admin/catalog/apply-catalog.ts'
import { exportCatalog } from '#admin/catalog/export-catalog.ts'
import { CatalogService } from '#gen/vouchsafe/admin/v1/catalog_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { adminRpcs, given } from './serve.ts'

export function catalogRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = CatalogService
  const { read, write } = adminRpcs(needs)
  return [
    write(
      method.applyCatalog,
      applyCatalog,
      ({ catalog, prune, prune_only }) => ({ catalog: given(catalog, 'catalog'), prune, prune_only }),
      (done) => done,
    ),
    read(
      method.exportCatalog,
      exportCatalog,
      (asked) => asked,
      (done) => done,
    ),
  ]
}
