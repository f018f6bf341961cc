import { create } from '@bufbuild/protobuf'
import { decodeRevision } from '#core/revision.ts'
import type { Role } from '#core/tenant-view.ts'
import type { WatchEvent } from '#decide/verbs.ts'
import {
  ChangeSchema,
  CheckpointSchema,
  type WatchResponse,
  WatchResponseSchema,
  WatchService,
} from '#gen/vouchsafe/v1/watch_service_pb.ts'
import type { RpcNeeds } from './needs.ts'
import { serverStream } from './rpc.ts'
import { timestampOf } from './wire-values.ts'

const watchers: readonly Role[] = ['operator', 'tenant_admin', 'service', 'worker', 'gateway', 'auditor']

export function watchRpc(needs: RpcNeeds) {
  return serverStream(WatchService.method.watch, { roles: watchers }, async function* (request, ctx) {
    const after = request.after === '' ? undefined : decodeRevision(request.after)
    const tenant = needs.tenantOf(ctx.caller, { named: request.tenant })
    for await (const event of needs.verbs.watch(tenant.id, after, ctx.signal())) {
      yield watchResponseOf(event)
    }
  })
}

function watchResponseOf({ revision, at, change }: WatchEvent): WatchResponse {
  if (change === undefined) {
    const value = create(CheckpointSchema, { at: timestampOf(at) })
    return create(WatchResponseSchema, { revision, event: { case: 'checkpoint', value } })
  }
  const value = create(ChangeSchema, {
    subjects: change.subjects.map((id) => (id.startsWith('sub_') ? id : `sub_${id}`)),
    tenantWide: change.tenant_wide,
    committedAt: timestampOf(at),
  })
  return create(WatchResponseSchema, { revision, event: { case: 'change', value } })
}
