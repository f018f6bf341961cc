import type { JsonObject } from '#core/json.ts'
import type { Tx } from '#postgres/pool.ts'
import { orElse } from './columns.ts'
import type { Command, Scope } from './command.ts'
import type { IdentityDocument } from './identities.ts'
import { showId } from './ids.ts'
import { invalid } from './invalid.ts'
import { addSubject } from './people.ts'
import { findPersonUnlocked, type PersonRef } from './person.ts'
import { resource } from './resource.ts'

export type SubjectDocument = {
  readonly id: string
  readonly kind: string
  readonly identities: readonly IdentityDocument[]
  readonly tokens_not_before?: string
  readonly facts?: JsonObject
  readonly variants: Readonly<Record<string, string>>
  readonly created_at?: string
  readonly erased: boolean
  readonly etag?: string
}

const base = resource<SubjectDocument>({
  noun: 'subject',
  table: 'subjects',
  name: 'id',
  prefix: 'sub',
  document: (tx) => tx`jsonb_strip_nulls(jsonb_build_object(
    'id', ${showId('sub', '')} || r.id, 'kind', r.kind, 'tokens_not_before', r.tokens_not_before,
    'created_at', r.created_at, 'erased', r.deleted_at is not null))
    || jsonb_build_object(
    'identities', (
      select coalesce(jsonb_agg(jsonb_build_object('issuer', i.iss, 'subject', i.sub, 'email', coalesce(i.email, ''))
        order by i.iss, i.sub), '[]')
      from vouchsafe.identities i where i.tenant_id = r.tenant_id and i.subject_id = r.id),
    'facts', (
      select coalesce(jsonb_object_agg(f.key, f.value), '{}')
      from vouchsafe.facts f where f.tenant_id = r.tenant_id and f.subject_id = r.id),
    'variants', (
      select coalesce(jsonb_object_agg(a.experiment, a.variant), '{}')
      from vouchsafe.experiment_assignments a where a.tenant_id = r.tenant_id and a.subject_id = r.id))`,
  fields: { kind: orElse('kind', 'user') },
  fixed: [],
})

export const { update: updateSubject } = base

export const listSubjects: typeof base.list = (tx, scope, input) =>
  base.list(tx, scope, { ...input, where: ['there', tx`r.deleted_at is null`] })

/** By id or identity, exactly one of the two. Unknown: AppError NOT_FOUND. */
export const getSubject: Command<PersonRef, SubjectDocument> = async (tx, scope, { subject, identity }) => {
  if ((subject === undefined || subject === '') === (identity === undefined))
    throw invalid('subject', 'Name the subject by its id, or by its identity.')
  if (identity === undefined) return base.get(tx, scope, subject ?? '')
  return base.get(tx, scope, await findPersonUnlocked(tx, scope.tenant, { identity }))
}

type NewSubject = Pick<SubjectDocument, 'kind' | 'identities'> &
  Partial<Pick<SubjectDocument, 'facts' | 'variants' | 'tokens_not_before'>>

/** Makes one with its identities. Taken: AppError ALREADY_EXISTS, which does not say whose. */
export const createSubject: Command<NewSubject, SubjectDocument> = async (
  tx,
  scope,
  { kind, identities, facts = {}, variants = {}, tokens_not_before = '' },
) => {
  // Nobody should believe that they were kept.
  const later = [
    ['facts', Object.keys(facts).length > 0, 'SetFact'],
    ['variants', Object.keys(variants).length > 0, 'AssignVariant'],
    ['tokens_not_before', tokens_not_before !== '', 'RevokeTokens'],
  ] as const
  for (const [field, isGiven, verb] of later)
    if (isGiven) throw invalid(field, `Make the subject first: ${verb} sets its ${field}.`)
  const id = await addSubject(tx, scope.tenant, {
    kind: kind === 'service' ? 'service' : 'user',
    identities: identities.map(({ issuer, subject, email }) => ({ iss: issuer, sub: subject, email })),
  })
  return base.get(tx, scope, id)
}

export type Changed = { readonly subject: SubjectDocument; readonly changed: boolean }

/** A change of a subject there is: it is locked first, then `change` gives whether anything was. */
export function changing<I extends { readonly subject: string }>(
  change: (tx: Tx, scope: Scope, id: string, input: I) => Promise<boolean>,
): Command<I, Changed> {
  return async (tx, scope, input) => {
    const { id, document } = await base.find(tx, scope, input.subject, true)
    if (document.erased) throw invalid('subject', 'The subject was erased.')
    const changed = await change(tx, scope, id, input)
    return { subject: await base.get(tx, scope, input.subject), changed }
  }
}
