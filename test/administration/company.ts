import type { MessageInitShape } from '@bufbuild/protobuf'
import { DelegationService } from '#gen/vouchsafe/admin/v1/delegation_service_pb.ts'
import { type GrantEntitlementRequestSchema, GrantService } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { OrganizationService } from '#gen/vouchsafe/admin/v1/organization_service_pb.ts'
import type { PersonSchema } from '#gen/vouchsafe/admin/v1/person_pb.ts'
import { SeatService } from '#gen/vouchsafe/admin/v1/seat_service_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import type { Server } from '#test/end-to-end/server.ts'
import { addModule } from '#test/fixtures/catalogue.ts'

export const {
  createOrganization,
  updateOrganization,
  deleteOrganization,
  listOrganizations,
  getOrganization,
} = OrganizationService.method
export const { addMember, updateMember, removeMember, listMembers } = OrganizationService.method
export const {
  createSeatPool,
  updateSeatPool,
  getSeatPool,
  listSeatPools,
  assignSeat,
  releaseSeat,
  listSeats,
} = SeatService.method
export const { inviteToSeat, acceptInvitation, cancelInvitation, listInvitations } = SeatService.method
export const { createDelegation, listDelegations, revokeDelegation, getDelegation } = DelegationService.method
export const { grantEntitlement, revokeEntitlement, listGrants } = GrantService.method

/** The person whose token has this `sub`. */
export const person = (sub: string): MessageInitShape<typeof PersonSchema> => ({
  person: { case: 'identity', value: { issuer: devIss, subject: sub } },
})
export const plan = (key: string) => ({ target: { case: 'plan', value: key } }) as const
export const entitlement = (key: string) => ({ target: { case: 'entitlement', value: key } }) as const
export const product = (key: string) => ({ target: { case: 'product', value: key } }) as const
export const holder = {
  person: (sub: string) =>
    ({ holder: { case: 'identity', value: { issuer: devIss, subject: sub } } }) as const,
  organization: (key: string) => ({ holder: { case: 'organization', value: key } }) as const,
}

/** The tenant acme, as its operator administers it in the tests. */
export function company(server: Server) {
  const tenant = server.place.tenants.acme
  const { call } = server.operator
  return {
    tenant,
    organization: (key: string, parent = '') =>
      call(createOrganization)({ organization: { key, name: key, parent }, tenant }),
    member: (organization: string, sub: string, role = '') =>
      call(addMember)({ organization, person: person(sub), role, tenant }),
    /** A pool, and its id. */
    async pool(organization: string, key: string, onShrink = '', module = ''): Promise<string> {
      const { pool } = await call(createSeatPool)({ pool: { organization, key, onShrink, module }, tenant })
      return pool?.id ?? ''
    },
    buy: (
      organization: string,
      pool: string,
      quantity: number | undefined,
      more: Partial<MessageInitShape<typeof GrantEntitlementRequestSchema>> = {},
    ) =>
      call(grantEntitlement)({
        holder: holder.organization(organization),
        target: plan('team'),
        pool,
        ...(quantity !== undefined && { quantity }),
        source: 'contract',
        tenant,
        ...more,
      } as MessageInitShape<typeof GrantEntitlementRequestSchema>),
    assign: (pool: string, sub: string) => call(assignSeat)({ pool, person: person(sub), tenant }),
    module: (key: string, provisioning: 'delegated_admin' | 'org_hierarchy' | 'direct_user') =>
      server.write(tenant, (tx) => addModule(tx, tenant, { key, provisioning })),
  }
}
