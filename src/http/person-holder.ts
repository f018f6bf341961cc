import type { MessageInitShape } from '@bufbuild/protobuf'
import type { TenantView } from '#core/tenant-view.ts'
import type { HolderSchema } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { subjectName } from './subject-name.ts'

/**
 * The person a path names: by our id ("sub_…"), or by the identity provider's own name for it. Where the tenant has one
 * provider, somebody whom nobody has seen yet is named so too, and gets a row with a first grant.
 */
export function personHolder(view: TenantView, text: string): MessageInitShape<typeof HolderSchema> {
  const issuers = new Set(view.catalogue.issuers.map(({ iss }) => iss))
  const [issuer, second] = issuers
  if (text.startsWith('sub_') || issuer === undefined || second !== undefined)
    return { holder: { case: 'subject', value: subjectName(view, text).id } }
  return { holder: { case: 'identity', value: { issuer, subject: text } } }
}
