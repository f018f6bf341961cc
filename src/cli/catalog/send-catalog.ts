import { randomUUID } from 'node:crypto'
import { type JsonObject, type MessageInitShape, toJson } from '@bufbuild/protobuf'
import { previewText } from '#cli/admin/preview-text.ts'
import { connected } from '#cli/connected.ts'
import { faint, print } from '#cli/print.ts'
import {
  type ApplyCatalogRequestSchema,
  ApplyCatalogResponseSchema,
  CatalogService,
} from '#gen/vouchsafe/admin/v1/catalog_service_pb.ts'
import { PreviewSchema } from '#gen/vouchsafe/admin/v1/preview_pb.ts'
import { changeText } from './change-text.ts'

export type ApplyOptions = {
  readonly tenant?: string
  readonly reason?: string
  readonly requestId?: string
  readonly prune?: boolean
  readonly dryRun?: boolean
  readonly json?: boolean
}

type Asked = Pick<MessageInitShape<typeof ApplyCatalogRequestSchema>, 'catalog' | 'prune' | 'pruneOnly'>

/** Asks for a catalogue to be applied, and prints what changed. Gives the number of changes. */
export async function sendCatalog(
  asked: Asked,
  options: ApplyOptions,
  told: (error: unknown) => unknown,
): Promise<number> {
  // With an id of its own, so that it can be asked again how it ended.
  const { tenant = '', reason = '', dryRun = false, requestId = randomUUID() } = options
  const request = { ...asked, tenant, reason, dryRun, requestId }
  const answer = await connected(async (client) => {
    const call = client.call(CatalogService.method.applyCatalog)
    return call(request)
      .catch((error: unknown) => {
        if (!isLate(error) || dryRun) throw error
        return call(request)
      })
      .catch((error: unknown) => {
        throw told(error)
      })
  })
  print(options.json === true, ApplyCatalogResponseSchema, answer, () => {
    const { changes, warnings, preview, revision } = answer
    const lines = changes.map(changeText)
    if (changes.length === 0) lines.push('no changes')
    else if (preview)
      lines.push(previewText(toJson(PreviewSchema, preview, { useProtoFieldName: true }) as JsonObject))
    lines.push(...warnings.map((warning) => `warning: ${warning}`))
    lines.push(faint(`${changes.length} changes${dryRun ? ' to make' : ''} · revision ${revision}`))
    return lines.join('\n')
  })
  return answer.changes.length
}

function isLate(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === 4
}
