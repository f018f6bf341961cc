import { createIssuer, deleteIssuer, getIssuer, listIssuers, updateIssuer } from '#admin/issuers.ts'
import { IssuerService } from '#gen/vouchsafe/admin/v1/issuer_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { adminRpcs, fieldsOf, given } from './serve.ts'

/** Whoever says which tokens are believed says who everybody is: not a tenant's own admin. */
const operators = { roles: ['operator'], refused: ['worker'], platform: true } as const

export function issuerRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = IssuerService
  const { read, write } = adminRpcs(needs)
  return [
    write(
      method.createIssuer,
      createIssuer,
      (asked) => given(asked.issuer, 'issuer'),
      (issuer) => ({ issuer }),
      operators,
    ),
    read(
      method.getIssuer,
      getIssuer,
      (asked) => asked.issuer,
      (issuer) => ({ issuer }),
    ),
    read(
      method.listIssuers,
      listIssuers,
      (asked) => asked,
      ({ items, next_page_token }) => ({ issuers: items, next_page_token }),
    ),
    write(
      method.updateIssuer,
      updateIssuer,
      (asked) => ({ document: given(asked.issuer, 'issuer'), fields: fieldsOf(asked.update_mask) }),
      (issuer) => ({ issuer }),
      operators,
    ),
    write(
      method.deleteIssuer,
      deleteIssuer,
      (asked) => asked.issuer,
      () => ({}),
      operators,
    ),
  ]
}
