import { AppError } from '#core/errors.ts'
import { platformTenant } from '#core/platform.ts'
import type { ChainFault, ChangeRow } from '#postgres/chain.ts'
import type { Tx } from '#postgres/pool.ts'
import { loneEffects, type StoredEffect } from '#postgres/stored-effects.ts'
import type { HeldBytes } from './held-bytes.ts'
import { readPacks, type StoredPack } from './read-packs.ts'
import { type PrimaryState, primaryState } from './server-state.ts'
import type { Place } from './tenant-data.ts'

export type Head = { readonly tenant_id: string } & Place

export type NewChange = ChangeRow & { readonly tenant_id: string; readonly has_packs: boolean }

/** Why a tenant has to be loaded again. Most should never happen and raise an alarm. */
export type ReloadCause = 'new' | 'size' | 'erased' | 'pruned' | 'epoch' | 'went_back' | 'forked' | ChainFault

/** The heads of the named tenants, or of all, and the state of the server. */
export async function readHeads(
  tx: Tx,
  tenants: readonly string[] | undefined,
  monotonic: () => number,
): Promise<PrimaryState & { readonly heads: readonly Head[] }> {
  const wanted = tenants === undefined ? tx`true` : tx`tenant_id = any(${tenants as string[]}::uuid[])`
  const [state, heads] = await Promise.all([
    primaryState(tx, monotonic),
    tx<Head[]>`select tenant_id, epoch, revision, chain from vouchsafe.head where ${wanted}`,
  ])
  // The platform's own head is always there: without it we cannot see, which is not the same as nothing being there.
  if (tenants === undefined && !heads.some(({ tenant_id }) => tenant_id === platformTenant)) {
    throw new AppError('DATABASE_UNAVAILABLE', 'The heads of the feed cannot be read.')
  }
  return { ...state, heads }
}

type Cursor = { readonly tenant: string; readonly revision: number }

/** The changes after each cursor, in order; of each tenant at most `limit`. */
export async function readChanges(
  tx: Tx,
  cursors: readonly Cursor[],
  limit: number,
): Promise<readonly NewChange[]> {
  return tx<NewChange[]>`
    select c.tenant_id, c.epoch, c.revision, c.xid::text as xid, c.at, c.actor, c.action, c.reason, c.cause,
      c.header_salt, c.header_hash, c.effects, c.digest, c.chain,
      exists (select from vouchsafe.effect_pack p where p.tenant_id = c.tenant_id and p.epoch = c.epoch and p.xid = c.xid) as has_packs
    from unnest(${cursors.map(({ tenant }) => tenant)}::uuid[], ${cursors.map(({ revision }) => revision)}::bigint[])
      as known (tenant_id, revision)
    join vouchsafe.change c on c.tenant_id = known.tenant_id
      and c.revision > known.revision and c.revision <= known.revision + ${limit}
    order by c.tenant_id, c.revision`
}

/** Those tenants of which some changes after the cursor are there no more. */
export async function readPruned(tx: Tx, cursors: readonly Cursor[]): Promise<readonly string[]> {
  if (cursors.length === 0) return []
  const rows = await tx<{ tenant: string }[]>`
    select distinct k.tenant_id as tenant
    from unnest(${cursors.map(({ tenant }) => tenant)}::uuid[], ${cursors.map(({ revision }) => revision)}::bigint[])
      as known (tenant_id, revision)
    join vouchsafe.checkpoints k on k.tenant_id = known.tenant_id and k.revision > known.revision`
  return rows.map(({ tenant }) => tenant)
}

export type NewEffect = StoredEffect | StoredPack

/** The effects and packs of these changes, in order within each. */
export async function readEffects(
  tx: Tx,
  changes: readonly NewChange[],
  held: HeldBytes,
): Promise<readonly NewEffect[]> {
  if (changes.length === 0) return []
  const these = tx`unnest(${changes.map(({ tenant_id }) => tenant_id)}::uuid[], ${changes.map(({ epoch }) => epoch)}::uuid[],
    ${changes.map(({ xid }) => xid)}::text[]::xid8[], ${changes.map(({ revision }) => revision)}::bigint[])
    as c (tenant_id, epoch, xid, revision)`
  const lone = tx<StoredEffect[]>`${loneEffects(tx, these)} order by tenant_id, revision, ordinal`
  if (!changes.some(({ has_packs }) => has_packs)) return lone
  const [some, packs] = await Promise.all([lone, readPacks(tx, these, held)])
  return [...some, ...packs].sort((a, b) => a.ordinal - b.ordinal)
}
