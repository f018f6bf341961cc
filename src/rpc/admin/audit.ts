import type { AuditChangeDocument } from '#admin/audit-rows.ts'
import { eraseSubject } from '#admin/erase-subject.ts'
import { getChange } from '#admin/get-change.ts'
import { listChanges } from '#admin/list-changes.ts'
import { AuditService } from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { exportAuditRpc } from './export-audit.ts'
import { listDenialsRpc } from './list-denials.ts'
import { adminRpcs } from './serve.ts'

export function auditRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = AuditService
  const { read, write } = adminRpcs(needs)
  return [
    read(
      method.listChanges,
      listChanges,
      ({ tenant: _tenant, ...asked }) => asked,
      ({ items, next_page_token }) => ({ changes: items.map(shown), next_page_token }),
    ),
    read(
      method.getChange,
      getChange,
      (asked) => asked,
      ({ change, ...rest }) => ({ change: shown(change), ...rest }),
    ),
    listDenialsRpc(needs),
    exportAuditRpc(needs),
    write(
      method.eraseSubject,
      eraseSubject,
      ({ subject }) => ({ subject }),
      (done) => done,
    ),
  ]
}

/** As the message has it: 64-bit numbers are text. */
function shown({ revision, ...change }: AuditChangeDocument) {
  return { ...change, revision: String(revision) }
}
