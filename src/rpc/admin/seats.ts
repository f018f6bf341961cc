import { giveSeat, listSeats, takeSeat } from '#admin/seat-holders.ts'
import { cancelInvitation, listInvitations } from '#admin/seat-invitations.ts'
import { createSeatPool, getSeatPool, listSeatPools, updateSeatPool } from '#admin/seat-pools.ts'
import { SeatService } from '#gen/vouchsafe/admin/v1/seat_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { acceptInvitationRpc } from './accept-invitation.ts'
import { delegated, delegatedReading } from './delegated.ts'
import { inviteToSeatRpc } from './invite-to-seat.ts'
import { adminRpcs, fieldsOf, given } from './serve.ts'

export function seatRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = SeatService
  const { read, write } = adminRpcs(needs)
  return [
    write(
      method.createSeatPool,
      createSeatPool,
      (asked) => given(asked.pool, 'pool'),
      (done) => done,
    ),
    read(
      method.getSeatPool,
      getSeatPool,
      (asked) => asked.pool,
      (done) => done,
      delegatedReading,
    ),
    write(
      method.updateSeatPool,
      updateSeatPool,
      (asked) => ({ document: given(asked.pool, 'pool'), fields: fieldsOf(asked.update_mask) }),
      (done) => done,
    ),
    read(
      method.listSeatPools,
      listSeatPools,
      (asked) => asked,
      ({ items, next_page_token }) => ({ pools: items, next_page_token }),
      delegatedReading,
    ),
    write(
      method.assignSeat,
      giveSeat,
      ({ pool, person }) => ({ pool, person: given(person, 'person') }),
      (done) => done,
      delegated,
    ),
    write(
      method.releaseSeat,
      takeSeat,
      ({ pool, person }) => ({ pool, person: given(person, 'person') }),
      (done) => done,
      delegated,
    ),
    read(
      method.listSeats,
      listSeats,
      (asked) => asked,
      ({ items, next_page_token }) => ({ seats: items, next_page_token }),
      delegatedReading,
    ),
    inviteToSeatRpc(needs),
    acceptInvitationRpc(needs),
    write(
      method.cancelInvitation,
      cancelInvitation,
      (asked) => asked.invitation,
      (done) => done,
      delegated,
    ),
    read(
      method.listInvitations,
      listInvitations,
      (asked) => asked,
      ({ items, next_page_token }) => ({ invitations: items, next_page_token }),
      delegatedReading,
    ),
  ]
}
