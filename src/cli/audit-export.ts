import { createWriteStream } from 'node:fs'
import { connected } from '#cli/connected.ts'
import type { ExportAuditRequest } from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import { AuditService } from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'

/** Writes the lines as they come, no faster than they are taken; the last revision that is whole. */
export async function exportAudit(request: ExportAuditRequest, file: string | undefined): Promise<bigint> {
  const out = file === undefined ? process.stdout : createWriteStream(file, { flags: 'a', mode: 0o600 })
  let through = request.afterRevision
  await connected(async (client) => {
    for await (const { lines, throughRevision } of client.stream(AuditService.method.exportAudit)(request)) {
      if (!out.write(lines)) await new Promise<void>((resolve) => out.once('drain', () => resolve()))
      through = throughRevision
    }
  })
  if (file !== undefined) await new Promise<void>((resolve) => out.end(() => resolve()))
  return through
}
