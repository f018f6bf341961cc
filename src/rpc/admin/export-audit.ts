import { create } from '@bufbuild/protobuf'
import { csvHeader, type ExportFormat, exportChanges } from '#admin/export-changes.ts'
import { AuditService, ExportAuditResponseSchema } from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import { byOf } from '#rpc/by.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { grantReaders } from '#rpc/roles.ts'
import { serverStream } from '#rpc/rpc.ts'

/**
 * History as lines, in pages of a bounded number of effects, each read in a transaction of its own: nothing is held
 * between two of them, however long the export and however slow its reader. It ends where history ended at its start.
 */
export function exportAuditRpc(needs: RpcNeeds) {
  const { exportAudit } = AuditService.method
  return serverStream(exportAudit, { roles: grantReaders }, async function* (asked, ctx) {
    const by = byOf(needs, ctx, asked.tenant)
    const format = (asked.format || 'ndjson') as ExportFormat
    const first = Number(asked.afterRevision)
    let after = { revision: first + 1, ordinal: 0 }
    let to = Number(asked.toRevision)
    let header = format === 'csv' && first === 0 ? csvHeader : ''
    for (let done = false; !done; ) {
      if (ctx.signal().aborted) return
      const { result, revision } = await needs.admin.read(by, { format, after, to }, exportChanges)
      if (to === 0) to = revision.revision
      done = result.done
      after = result.place
      const throughRevision = BigInt(done ? Math.max(first, Math.min(to, revision.revision)) : result.through)
      yield create(ExportAuditResponseSchema, { lines: header + result.lines, throughRevision })
      header = ''
    }
  })
}
