import { create } from '@bufbuild/protobuf'
import { AppError } from '#core/errors.ts'
import type { TenantView } from '#core/tenant-view.ts'
import { type Subject, SubjectSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import { limits } from '#rpc/limits.ts'
import type { Entity } from './entities.ts'
import { fieldOf, textAt } from './json-fields.ts'

const ourId = /^sub_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/

/** The types of a subject: the kinds of ours. */
export function isSubjectType(type: string): type is 'user' | 'service' {
  return type === 'user' || type === 'service'
}

/**
 * Whom an entity stands for, or undefined: for nobody of the tenant. By the token in properties.access_token, else by our id,
 * else by the name at the identity provider: that of properties.issuer, else the tenant's.
 * Throws INVALID_FIELD, also where a name is two people's.
 */
export function subjectOf(tenant: () => TenantView, entity: Entity): Subject | undefined {
  const { type, id, properties } = entity
  if (!isSubjectType(type)) return undefined
  const token = fieldOf(properties, 'access_token')
  if (token !== undefined) {
    const value = textAt(token, 'subject.properties.access_token')
    if (value.length > limits.tokenBytes)
      throw invalidField('subject.properties.access_token', 'string.max_len')
    return create(SubjectSchema, { subject: { case: 'accessToken', value } })
  }
  const view = tenant()
  const issuer = issuerOf(properties)
  if (issuer === undefined) {
    const uuid = ourId.exec(id)?.[1]
    if (uuid !== undefined) return isOfType(view, uuid, type) ? named({ id }) : undefined
  }
  const iss = issuer ?? theIssuer(view, id)
  if (iss === undefined) return undefined
  const subject = view.subjectOf(iss, id)
  // Nobody has a row for it: somebody that nothing is known of, and so a user.
  if (subject === undefined ? type !== 'user' : !isOfType(view, subject, type)) return undefined
  return named({ issuer: iss, subject: id })
}

export function issuerOf(properties: Entity['properties']): string | undefined {
  const issuer = fieldOf(properties, 'issuer')
  return issuer === undefined ? undefined : textAt(issuer, 'subject.properties.issuer')
}

/** The tenant's identity provider, or of several the one that the name is of. */
function theIssuer(view: TenantView, id: string): string | undefined {
  const all = issuersOf(view)
  if (all.length === 1) return all[0]
  const found = all.filter((iss) => view.subjectOf(iss, id) !== undefined)
  if (new Set(found.map((iss) => view.subjectOf(iss, id))).size < 2) return found[0]
  const text =
    'Two identity providers use the subject’s id for different people: name subject.properties.issuer.'
  throw new AppError('INVALID_FIELD', text, { field: 'subject.id', rule: 'ambiguous' })
}

export function issuersOf({ catalogue }: TenantView): readonly string[] {
  return [...new Set(catalogue.issuers.map(({ iss }) => iss))]
}

function isOfType(view: TenantView, subject: string, type: string): boolean {
  const row = view.subject(subject)
  return row?.deleted === false && row.kind === type
}

function named(value: { id: string } | { issuer: string; subject: string }): Subject {
  return create(SubjectSchema, { subject: { case: 'principal', value } })
}
