import type { Tx } from '#postgres/pool.ts'
import type { HolderRef } from './grant-types.ts'
import { invalid } from './invalid.ts'
import { resolveHolder, resolveOrCreateHolder } from './resolve-holder.ts'

/** A person: by a subject's id, or as an identity provider names them. Exactly one of the two. */
export type PersonRef = {
  readonly subject?: string
  readonly identity?: { readonly issuer: string; readonly subject: string }
}

/** The id of a person there is, locked for a write. Unknown: AppError NOT_FOUND. */
export async function findPerson(tx: Tx, tenant: string, person: PersonRef): Promise<string> {
  return idOf(await resolveHolder(tx, tenant, refOf(person), true))
}

/** The same for a read. */
export async function findPersonUnlocked(tx: Tx, tenant: string, person: PersonRef): Promise<string> {
  return idOf(await resolveHolder(tx, tenant, refOf(person), false))
}

/** The same, but whom nobody has seen yet gets a row. */
export async function findOrAddPerson(tx: Tx, tenant: string, person: PersonRef): Promise<string> {
  return idOf(await resolveOrCreateHolder(tx, tenant, refOf(person)))
}

function refOf({ subject, identity }: PersonRef): HolderRef {
  if (identity !== undefined) return { identity }
  if (subject !== undefined) return { subject }
  throw invalid('person', 'Name the person.')
}

function idOf({ subject_id: id }: { readonly subject_id: string | null }): string {
  if (id === null) throw invalid('person', 'Name a person.')
  return id
}
