import { createHash } from 'node:crypto'
import { AppError } from '#core/errors.ts'
import type { Preview } from '#core/preview.ts'
import type { RevisionToken } from '#core/revision.ts'
import type { Tx } from '#postgres/pool.ts'
import { type Scope, withTenant } from '#postgres/with-tenant.ts'
import type { By, Needs } from './grant-types.ts'

export type Answered<T> = {
  readonly result: T
  readonly changed: boolean
  readonly revision: RevisionToken
  /** Of a dry run: then nothing was written. */
  readonly preview?: Preview
}

type First = {
  readonly request_sha256: Uint8Array
  readonly response: { readonly result: unknown }
  readonly revision: number | null
  readonly chain: string | null
}

/**
 * A write that answers a repeat of its request_id with the first answer and its revision, without doing it again.
 * Another body under the same id: AppError REQUEST_ID_REUSED. Without an id it is just a write. A dry run uses up no id.
 */
export async function idempotent<T>(
  needs: Needs,
  by: By,
  request: {
    readonly action: string
    readonly reason?: string
    readonly id?: string
    readonly dry_run?: boolean
    readonly body: unknown
  },
  work: (tx: Tx) => Promise<T>,
): Promise<Answered<T>> {
  if (request.dry_run) return tryOut(needs, by, work)
  const scope: Scope = {
    tenant: by.tenant,
    actor: by.actor,
    action: request.action,
    ...(request.reason && { reason: request.reason }),
    ...(by.cause && { cause: by.cause }),
    ...(needs.committed && { committed: needs.committed }),
  }
  const { id } = request
  if (!id) return withTenant(needs.sql, scope, work)
  const digest = createHash('sha256')
    .update(canonical([request.action, by.actor, request.body]))
    .digest()
  const written = await withTenant(needs.sql, scope, async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['operation', by.tenant, id])}, 0))`
    const first = await firstAnswer(tx, by.tenant, id)
    if (first && !digest.equals(first.request_sha256)) throw reused(id)
    if (first) return { result: first.response.result as T, first }
    const result = await work(tx)
    await tx`insert into vouchsafe.operations (tenant_id, request_id, request_sha256, response)
      values (${by.tenant}, ${id}, ${digest}, ${tx.json({ result } as never)})`
    return { result, first: undefined }
  })
  const { result, first } = written.result
  const { revision, chain } = first ?? {}
  const place = typeof revision === 'number' && typeof chain === 'string' ? { revision, chain } : {}
  return { result, changed: written.changed, revision: { ...written.revision, ...place } }
}

function tryOut<T>(needs: Needs, by: By, work: (tx: Tx) => Promise<T>): Promise<Answered<T>> {
  if (needs.rehearse) return needs.rehearse(by.tenant, work)
  throw new AppError('FAILED_PRECONDITION', 'Nothing can be tried out here.')
}

async function firstAnswer(tx: Tx, tenant: string, id: string): Promise<First | undefined> {
  const [first] = await tx<First[]>`
    select o.request_sha256, o.response, c.revision, encode(substr(c.chain, 1, 8), 'hex') as chain
    from vouchsafe.operations o
    left join vouchsafe.change c on c.tenant_id = o.tenant_id and c.xid = o.xid
      and c.epoch = (select epoch from vouchsafe.head where tenant_id = o.tenant_id)
    where o.tenant_id = ${tenant} and o.request_id = ${id}`
  return first
}

function reused(id: string): AppError {
  return new AppError('REQUEST_ID_REUSED', 'This request_id was used for another request.', {
    request_id: id,
  })
}

// The same text for the same request, whatever the order of its keys.
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}
