import { addMember, listMembers, removeMember, updateMember } from '#admin/members.ts'
import {
  createOrganization,
  deleteOrganization,
  getOrganization,
  listOrganizations,
  updateOrganization,
} from '#admin/organization-tree.ts'
import { OrganizationService } from '#gen/vouchsafe/admin/v1/organization_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { delegated, delegatedReading } from './delegated.ts'
import { memberRoleOf } from './member-role.ts'
import { adminRpcs, fieldsOf, given } from './serve.ts'

export function organizationRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = OrganizationService
  const { read, write } = adminRpcs(needs)
  return [
    write(
      method.createOrganization,
      createOrganization,
      (asked) => given(asked.organization, 'organization'),
      (organization) => ({ organization }),
    ),
    read(
      method.getOrganization,
      getOrganization,
      (asked) => asked.organization,
      (organization) => ({ organization }),
    ),
    read(
      method.listOrganizations,
      listOrganizations,
      (asked) => asked,
      ({ items, next_page_token }) => ({ organizations: items, next_page_token }),
    ),
    write(
      method.updateOrganization,
      updateOrganization,
      (asked) => ({
        document: given(asked.organization, 'organization'),
        fields: fieldsOf(asked.update_mask),
      }),
      (organization) => ({ organization }),
    ),
    write(
      method.deleteOrganization,
      deleteOrganization,
      (asked) => asked.organization,
      () => ({}),
    ),
    write(
      method.addMember,
      addMember,
      ({ organization, person, role }) => ({
        organization,
        person: given(person, 'person'),
        role: memberRoleOf(role),
      }),
      (done) => done,
      delegated,
    ),
    write(
      method.updateMember,
      updateMember,
      ({ organization, person, role }) => ({
        organization,
        person: given(person, 'person'),
        role: memberRoleOf(role),
      }),
      (done) => done,
    ),
    write(
      method.removeMember,
      removeMember,
      ({ organization, person }) => ({ organization, person: given(person, 'person') }),
      (done) => done,
      delegated,
    ),
    read(
      method.listMembers,
      listMembers,
      (asked) => asked,
      ({ items, next_page_token }) => ({ members: items, next_page_token }),
      delegatedReading,
    ),
  ]
}
