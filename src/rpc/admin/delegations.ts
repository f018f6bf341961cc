import { createDelegation, getDelegation, listDelegations, revokeDelegation } from '#admin/delegations.ts'
import { DelegationService } from '#gen/vouchsafe/admin/v1/delegation_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { adminRpcs, given } from './serve.ts'

/** Delegates do not delegate. */
export function delegationRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = DelegationService
  const { read, write } = adminRpcs(needs)
  return [
    write(
      method.createDelegation,
      createDelegation,
      (asked) => {
        const delegation = given(asked.delegation, 'delegation')
        return { ...delegation, delegate: given(delegation.delegate, 'delegation.delegate') }
      },
      (done) => done,
    ),
    read(
      method.getDelegation,
      getDelegation,
      (asked) => asked.delegation,
      (done) => done,
    ),
    read(
      method.listDelegations,
      listDelegations,
      (asked) => asked,
      ({ items, next_page_token }) => ({ delegations: items, next_page_token }),
    ),
    write(
      method.revokeDelegation,
      revokeDelegation,
      (asked) => asked.delegation,
      (done) => done,
    ),
  ]
}
