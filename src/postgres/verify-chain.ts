import { createHash } from 'node:crypto'
import { type ChainFault, type ChangeRow, nextChain } from './chain.ts'
import { type Checkpoint, checkpointFault, readCheckpoint } from './checkpoint.ts'
import type { ExportedHead } from './heads.ts'
import type { Tx } from './pool.ts'
import type { StoredEffect } from './stored-effects.ts'
import { headerHolds, isFound, keyOf, readChanges, WalkedEffects } from './walk-history.ts'

/** The first place where history does not prove itself. */
export type Broken = {
  readonly revision: number
  readonly fault: ChainFault | 'head' | 'cut' | 'replaced' | 'stray' | 'row' | 'checkpoint'
  /** Of an effect: its table, key and place in the change. */
  readonly table?: string
  readonly key?: string
  readonly ordinal?: number
  /** One sentence. */
  readonly detail: string
}

export type Verified = {
  readonly changes: number
  readonly effects: number
  /** Effects and headers that were erased, which count by their hash. */
  readonly erased: number
  /** What came before was pruned, and its last images counted here as effects: the change it was pruned up to. */
  readonly pruned?: number
}

export type VerifyOptions = {
  /** Where history stood, kept outside of the database: shows a tail that was cut, or a history that was replaced. */
  readonly heads?: readonly ExportedHead[]
  readonly progress?: (revision: number) => void
}

/**
 * Recomputes one tenant's history from the first change, or the last checkpoint and what it kept, to its head, in the
 * order of revisions, as of one moment.
 * Undefined as `broken`: all of it holds. Memory does not grow with history. Inside readTenant or readFeed.
 */
export async function walkChain(
  tx: Tx,
  tenant: string,
  options: VerifyOptions = {},
): Promise<Verified & { readonly broken?: Broken }> {
  const checkpoint = await readCheckpoint(tx, tenant)
  const state: State = {
    changes: 0,
    effects: 0,
    erased: 0,
    ...(checkpoint && { pruned: checkpoint.revision }),
  }
  const heads = (options.heads ?? []).filter((head) => head.tenant === tenant)
  if (checkpoint) {
    const broken = await brokenBehind(tx, tenant, checkpoint, heads, state)
    if (broken) return { ...state, broken }
  }
  let previous: Uint8Array = checkpoint?.chain ?? new Uint8Array()
  let revision = checkpoint?.revision ?? 0
  for (;;) {
    const changes = await readChanges(tx, tenant, revision)
    if (changes.length === 0) break
    const effects = new WalkedEffects(tx, tenant, changes)
    for (const change of changes) {
      const broken = await brokenAt(tenant, change, effects, previous, revision + 1, state)
      if (broken) {
        await effects.close()
        return { ...state, broken }
      }
      const other = heads.find((head) => head.revision === change.revision && !same(head, change.chain))
      if (other) {
        await effects.close()
        return { ...state, broken: replaced(change.revision, other) }
      }
      previous = change.chain
      revision = change.revision
      state.changes++
    }
    options.progress?.(revision)
  }
  const broken = (await headFault(tx, tenant, revision, previous, heads)) ?? (await strayEffect(tx, tenant))
  return { ...state, ...(broken && { broken }) }
}

/** The first place where one tenant's history does not prove itself. */
export async function verifyChain(tx: Tx, tenant: string): Promise<Broken | undefined> {
  return (await walkChain(tx, tenant)).broken
}

type State = { changes: number; effects: number; erased: number; pruned?: number }

/** What a checkpoint kept. Heads from before it are of what is gone; one of its own change must be its chain. */
async function brokenBehind(
  tx: Tx,
  tenant: string,
  checkpoint: Checkpoint,
  heads: readonly ExportedHead[],
  state: State,
): Promise<Broken | undefined> {
  const { revision, chain } = checkpoint
  const detail = await checkpointFault(tx, tenant, checkpoint, state)
  if (detail) return { revision, fault: 'checkpoint', detail }
  const other = heads.find((head) => head.revision === revision && !same(head, chain))
  return other && replaced(revision, other)
}

async function brokenAt(
  tenant: string,
  change: ChangeRow,
  effects: WalkedEffects,
  previous: Uint8Array,
  expected: number,
  state: State,
): Promise<Broken | undefined> {
  const at = (fault: ChainFault, detail: string, more = {}): Broken => ({
    revision: expected,
    fault,
    detail,
    ...more,
  })
  if (change.revision !== expected) return at('gap', `Change ${expected} is missing.`)
  if (change.header_salt === null) state.erased++
  if (!headerHolds(change)) return at('header', `Who, what or why of change ${expected} was edited.`)
  const digest = createHash('sha256')
  let count = 0
  let misplaced: StoredEffect | undefined
  for await (const effect of effects.of(change.revision)) {
    count++
    if (effect.ordinal !== count) misplaced ??= effect
    state.effects++
    if (effect.salt === null) state.erased++
    if (!effect.isProven || !isFound(effect)) {
      const { table_name: table, ordinal } = effect
      return at('effect', `The image of a row of ${table} was edited in change ${expected}.`, {
        table,
        key: keyOf(effect),
        ordinal,
      })
    }
    digest.update(effect.hash)
  }
  const near = misplaced && {
    table: misplaced.table_name,
    key: keyOf(misplaced),
    ordinal: misplaced.ordinal,
  }
  if (count === change.effects && near)
    return at('count', `An effect of change ${expected} is not in its place.`, near)
  if (count !== change.effects) {
    return at('count', `Change ${expected} has ${count} effects; ${change.effects} were sealed.`, near)
  }
  if (!equal(digest.digest(), change.digest))
    return at('digest', `The effects of change ${expected} are not the ones that were sealed.`)
  if (!equal(nextChain(previous, { ...change, tenant, headerHash: change.header_hash }), change.chain))
    return at('chain', `Change ${expected} does not follow the one before it.`)
  return undefined
}

/** An effect that belongs to no change: nobody sealed it. */
async function strayEffect(tx: Tx, tenant: string): Promise<Broken | undefined> {
  const [stray] = await tx<{ table: string; key: string | null; ordinal: number; xid: string }[]>`
    select e.table_name as table, e.key::text as key, e.ordinal, e.xid::text as xid from (
      select tenant_id, epoch, xid, ordinal, table_name, key from vouchsafe.effect
      union all
      select tenant_id, epoch, xid, ordinal, table_name, null from vouchsafe.effect_pack
    ) e
    where e.tenant_id = ${tenant} and not exists (
      select from vouchsafe.change c where c.tenant_id = e.tenant_id and c.epoch = e.epoch and c.xid = e.xid
    ) order by e.xid, e.ordinal limit 1`
  if (!stray) return undefined
  const { xid, key, ...row } = stray
  return {
    revision: 0,
    fault: 'stray',
    detail: `An effect on ${row.table} (xid ${xid}) is of no change.`,
    ...row,
    ...(key !== null && { key }),
  }
}

async function headFault(
  tx: Tx,
  tenant: string,
  revision: number,
  chain: Uint8Array,
  exported: readonly ExportedHead[],
): Promise<Broken | undefined> {
  const [head] = await tx<{ revision: number; chain: Uint8Array }[]>`
    select revision, chain from vouchsafe.head where tenant_id = ${tenant}`
  const last = exported.reduce<ExportedHead | undefined>(
    (newest, each) => (newest === undefined || each.revision > newest.revision ? each : newest),
    undefined,
  )
  if (last && last.revision > revision) {
    const detail = `History ends at change ${revision}, but stood at ${last.revision} on ${last.at}: its tail was cut.`
    return { revision: revision + 1, fault: 'cut', detail }
  }
  if (head?.revision === revision && equal(head.chain, chain)) return undefined
  const detail = `The head stands at ${head?.revision ?? 'nothing'} and is not the last change, ${revision}.`
  return { revision: revision + 1, fault: 'head', detail }
}

function replaced(revision: number, { at }: ExportedHead): Broken {
  const detail = `Change ${revision} is not the one whose head was kept on ${at}: history was replaced.`
  return { revision, fault: 'replaced', detail }
}

const same = (head: ExportedHead, chain: Uint8Array) => head.chain === Buffer.from(chain).toString('hex')
const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0
