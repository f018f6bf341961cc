import { AppError } from '#core/errors.ts'
import type { RevisionToken } from '#core/revision.ts'
import type { TenantView } from '#core/tenant-view.ts'
import { pruned, readCheckpoint } from '#postgres/checkpoint.ts'
import type { Sql, Tx } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { applyChange } from './apply-change.ts'
import { PastImages } from './past-images.ts'
import type { OnPoison } from './salvage.ts'
import type { SeededHash } from './seeded-hash.ts'
import { TenantData } from './tenant-data.ts'
import { viewOf } from './tenant-view.ts'

type Needs = { readonly sql: Sql; readonly hash: SeededHash; readonly onPoison: OnPoison }

export type Moment =
  | { readonly kind: 'time' /** ms */; readonly ms: number }
  | { readonly kind: 'number'; readonly revision: number }
  | { readonly kind: 'token'; readonly token: RevisionToken }

/** Whom and where a question about the past is about: no more than that is read. */
export type PastScope = {
  readonly principal: { readonly id: string } | { readonly issuer: string; readonly subject: string }
  /** Id or key. */
  readonly organization?: string
}

export type Past = {
  readonly view: TenantView
  /** ms: what the clock said. */
  readonly at: number
}

type Place = {
  readonly epoch: string
  readonly revision: number
  readonly chain: Uint8Array
  readonly at: number
}

/**
 * A tenant as it was at a moment of its history, out of the kept after-images: its catalogue, one subject, and the
 * organizations that matter to it. What was erased since is not there. Errors: NOT_FOUND (no history then),
 * FAILED_PRECONDITION (pruned), TENANT_MISMATCH, REVISION_SUPERSEDED (token), LIMIT_EXCEEDED.
 */
export function readPast(
  { sql, ...needs }: Needs,
  tenant: string,
  moment: Moment,
  scope: PastScope,
): Promise<Past> {
  return readTenant(sql, tenant, async (tx) => {
    const { at, ...place } = await placeAt(tx, tenant, moment)
    const images = new PastImages(tx, tenant, place.revision)
    await images.catalogue()
    const subject = await subjectOf(images, scope)
    if (subject !== undefined) await images.holder(subject)
    const asked = scope.organization === undefined ? [] : [await organizationId(images, scope.organization)]
    const paths = await images.organizations([
      ...images.memberships(),
      ...asked.filter((id) => id !== undefined),
    ])
    for (const id of paths) await images.grantsOf(id)
    await images.pools()
    const data = new TenantData(tenant, place, needs)
    applyChange(data, images.effects(), place)
    return { view: viewOf(data), at: moment.kind === 'time' ? moment.ms : at }
  })
}

async function placeAt(tx: Tx, tenant: string, moment: Moment): Promise<Place> {
  if (moment.kind === 'token' && moment.token.tenant !== tenant) {
    throw new AppError('TENANT_MISMATCH', 'The revision token is not of this tenant.')
  }
  const where =
    moment.kind === 'time'
      ? tx`at <= ${new Date(moment.ms)}`
      : tx`revision = ${moment.kind === 'number' ? moment.revision : moment.token.revision}`
  const [place] = await tx<Place[]>`
    select epoch, revision, chain, at from vouchsafe.change where tenant_id = ${tenant} and ${where}
    order by revision desc limit 1`
  const checkpoint = await readCheckpoint(tx, tenant)
  // What is kept of before it are the last images alone.
  if (checkpoint && askedOf(moment, place) < checkpoint.revision) throw pruned(checkpoint)
  if (!place) throw new AppError('NOT_FOUND', 'The tenant has no history at that moment.')
  if (moment.kind === 'token' && !isOf(place, moment.token)) {
    throw new AppError('REVISION_SUPERSEDED', 'The revision token is of a history that was replaced.')
  }
  return place
}

function askedOf(moment: Moment, place: Place | undefined): number {
  if (moment.kind === 'time') return place?.revision ?? 0
  return moment.kind === 'number' ? moment.revision : moment.token.revision
}

function isOf(place: Place, token: RevisionToken): boolean {
  return place.epoch === token.epoch && Buffer.from(place.chain).toString('hex').startsWith(token.chain)
}

const shownId = /^(?:sub_)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** The subject of the name as of then, if it had a row. */
async function subjectOf(images: PastImages, { principal }: PastScope): Promise<string | undefined> {
  if ('id' in principal) return shownId.exec(principal.id)?.[1]
  return images.identity(principal.issuer, principal.subject)
}

async function organizationId(images: PastImages, idOrKey: string): Promise<string | undefined> {
  return shownId.test(idOrKey) ? idOrKey : images.organizationOfKey(idOrKey)
}
