import { create } from '@bufbuild/protobuf'
import { csvHeader, type ExportFormat, exportChanges } from '#admin/export-changes.ts'
import { AuditService, ExportAuditResponseSchema } from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import { byOf } from '#rpc/by.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { grantReaders } from '#rpc/roles.ts'
import { serverStream } from '#rpc/rpc.ts'

const mostCharacters = 512 * 1024

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
    let through = BigInt(first)
    let header = format === 'csv' && first === 0 ? csvHeader : ''
    for (let done = false; !done; ) {
      if (ctx.signal().aborted) return
      const { result, revision } = await needs.admin.read(by, { format, after, to }, exportChanges)
      if (to === 0) to = revision.revision
      done = result.done
      after = result.place
      const throughRevision = BigInt(done ? Math.max(first, Math.min(to, revision.revision)) : result.through)
      for (const lines of pieces(header + result.lines)) {
        yield create(ExportAuditResponseSchema, {
          lines: lines.text,
          throughRevision: lines.last ? throughRevision : through,
        })
      }
      through = throughRevision
      header = ''
    }
  })
}

/** A message is limited in size; a line is not cut. */
function* pieces(lines: string): Generator<{ readonly text: string; readonly last: boolean }> {
  let start = 0
  while (lines.length - start > mostCharacters) {
    const end = lines.lastIndexOf('\n', start + mostCharacters) + 1
    const cut = end > start ? end : lines.indexOf('\n', start) + 1
    if (cut === lines.length) break
    yield { text: lines.slice(start, cut), last: false }
    start = cut
  }
  yield { text: lines.slice(start), last: true }
}
