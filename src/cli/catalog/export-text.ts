import { toJsonString } from '@bufbuild/protobuf'
import { connected } from '#cli/connected.ts'
import { CatalogSchema, CatalogService } from '#gen/vouchsafe/admin/v1/catalog_service_pb.ts'
import { emptyCatalog } from './read-document.ts'
import { writeDocument } from './write-document.ts'

/** The tenant's catalogue as YAML that names its schema, or without one as a line of JSON. */
export async function exportText(tenant: string, schema: string | undefined): Promise<string> {
  const answer = await connected((client) => client.call(CatalogService.method.exportCatalog)({ tenant }))
  const catalog = answer.catalog ?? emptyCatalog()
  if (schema !== undefined) return writeDocument(catalog, schema)
  return `${toJsonString(CatalogSchema, catalog, { useProtoFieldName: true })}\n`
}
