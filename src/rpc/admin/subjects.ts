import {
  assignVariantOf,
  deleteFactOf,
  linkIdentity,
  revokeTokensOf,
  setFactOf,
  unlinkIdentity,
} from '#admin/subject-changes.ts'
import { createSubject, getSubject, listSubjects, updateSubject } from '#admin/subjects.ts'
import { SubjectService } from '#gen/vouchsafe/admin/v1/subject_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { millisecondsIn } from './instants.ts'
import { reconcileSubjectRpc } from './reconcile-subject.ts'
import { adminRpcs, fieldsOf, given } from './serve.ts'

export function subjectRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = SubjectService
  const { read, write } = adminRpcs(needs)
  return [
    write(
      method.createSubject,
      createSubject,
      (asked) => given(asked.subject, 'subject'),
      (subject) => ({ subject }),
    ),
    read(
      method.getSubject,
      getSubject,
      (asked) => asked,
      (subject) => ({ subject }),
    ),
    read(
      method.listSubjects,
      listSubjects,
      (asked) => asked,
      ({ items, next_page_token }) => ({ subjects: items, next_page_token }),
    ),
    write(
      method.updateSubject,
      updateSubject,
      (asked) => ({ document: given(asked.subject, 'subject'), fields: fieldsOf(asked.update_mask) }),
      (subject) => ({ subject }),
    ),
    write(
      method.linkIdentity,
      linkIdentity,
      ({ subject, identity }) => ({ subject, identity: given(identity, 'identity') }),
      (done) => done,
    ),
    write(
      method.unlinkIdentity,
      unlinkIdentity,
      ({ subject, identity }) => ({ subject, identity: given(identity, 'identity') }),
      (done) => done,
    ),
    write(
      method.revokeTokens,
      revokeTokensOf,
      ({ subject, before }) => ({ subject, ...(before && { before: millisecondsIn(before) }) }),
      (done) => done,
    ),
    write(
      method.setFact,
      setFactOf,
      ({ subject, key, value }) => ({ subject, key, value: given(value, 'value') }),
      (done) => done,
    ),
    write(
      method.deleteFact,
      deleteFactOf,
      ({ subject, key }) => ({ subject, key }),
      (done) => done,
    ),
    write(
      method.assignVariant,
      assignVariantOf,
      ({ subject, experiment, variant }) => ({ subject, experiment, variant }),
      (done) => done,
    ),
    reconcileSubjectRpc(needs),
  ]
}
