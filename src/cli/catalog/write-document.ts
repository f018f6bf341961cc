import { toJson } from '@bufbuild/protobuf'
import { stringify } from 'yaml'
import { type Catalog, CatalogSchema } from '#gen/vouchsafe/admin/v1/catalog_service_pb.ts'

/** A catalogue as YAML, without what is not said; `schema` is where editors find what may be in it. */
export function writeDocument(catalog: Catalog, schema: string): string {
  const document = toJson(CatalogSchema, catalog, { useProtoFieldName: true })
  return `# yaml-language-server: $schema=${schema}\n${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`
}
