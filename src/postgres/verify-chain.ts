import { createHash } from 'node:crypto'
import {
  type ChainFault,
  type ChangeRow,
  type EffectRow,
  effectHash,
  headerHash,
  nextChain,
} from './chain.ts'
import type { ExportedHead } from './heads.ts'
import type { Tx } from './pool.ts'

/** The first place where history does not prove itself. */
export type Broken = {
  readonly revision: number
  readonly fault: ChainFault | 'head' | 'cut' | 'replaced' | 'stray' | 'row'
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
}

export type VerifyOptions = {
  /** Where history stood, kept outside of the database: shows a tail that was cut, or a history that was replaced. */
  readonly heads?: readonly ExportedHead[]
  readonly progress?: (revision: number) => void
}

type Numbered = EffectRow & { readonly revision: number; readonly ordinal: number }

const changesAtOnce = 200

/**
 * Recomputes one tenant's history from the first change to its head, in the order of revisions, as of one moment.
 * Undefined as `broken`: all of it holds. Memory does not grow with history. Inside readTenant or readFeed.
 */
export async function walkChain(
  tx: Tx,
  tenant: string,
  options: VerifyOptions = {},
): Promise<Verified & { readonly broken?: Broken }> {
  const state = { changes: 0, effects: 0, erased: 0 }
  const heads = (options.heads ?? []).filter((head) => head.tenant === tenant)
  let previous: Uint8Array = new Uint8Array()
  let revision = 0
  for (;;) {
    const changes = await readChanges(tx, tenant, revision)
    if (changes.length === 0) break
    const effects = new Effects(tx, tenant, changes)
    for (const change of changes) {
      const broken = await brokenAt(tenant, change, effects, previous, revision + 1, state)
      if (broken) return { ...state, broken }
      const other = heads.find((head) => head.revision === change.revision && !same(head, change))
      if (other) return { ...state, broken: replaced(change.revision, other) }
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

function readChanges(tx: Tx, tenant: string, after: number): Promise<readonly ChangeRow[]> {
  return tx<ChangeRow[]>`
    select epoch, revision, xid::text as xid, at, actor, action, reason, cause, header_salt, header_hash, effects, digest, chain
    from vouchsafe.change where tenant_id = ${tenant} and revision > ${after} order by revision limit ${changesAtOnce}`
}

/** The effects of some changes as they are walked: read in batches, one change after the other. */
class Effects {
  readonly #batches: AsyncIterator<readonly Numbered[]>
  #waiting: Numbered[] = []

  constructor(tx: Tx, tenant: string, changes: readonly ChangeRow[]) {
    const epochs = changes.map(({ epoch }) => epoch)
    const xids = changes.map(({ xid }) => xid)
    const revisions = changes.map(({ revision }) => revision)
    this.#batches = tx<Numbered[]>`
      select c.revision, e.ordinal, e.table_name, e.op, e.key::text as key, e.after::text as after, e.salt, e.hash
      from unnest(${epochs}::uuid[], ${xids}::text[]::xid8[], ${revisions}::bigint[]) as c (epoch, xid, revision)
      join vouchsafe.effect e on e.tenant_id = ${tenant} and e.epoch = c.epoch and e.xid = c.xid
      order by c.revision, e.ordinal`
      .cursor(1000)
      [Symbol.asyncIterator]()
  }

  /** Those of this change, in order; ends where those of a later one begin. */
  async *of(revision: number): AsyncGenerator<Numbered> {
    for (;;) {
      while (this.#waiting.length > 0) {
        if (this.#waiting[0]?.revision !== revision) return
        yield this.#waiting.shift() as Numbered
      }
      const next = await this.#batches.next()
      if (next.done) return
      this.#waiting = [...next.value]
    }
  }
}

async function brokenAt(
  tenant: string,
  change: ChangeRow,
  effects: Effects,
  previous: Uint8Array,
  expected: number,
  state: { effects: number; erased: number },
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
  let misplaced: Numbered | undefined
  for await (const effect of effects.of(change.revision)) {
    count++
    if (effect.ordinal !== count) misplaced ??= effect
    state.effects++
    if (effect.salt === null) state.erased++
    if (!effectHolds(effect)) {
      const { table_name: table, key, ordinal } = effect
      return at('effect', `The image of a row of ${table} was edited in change ${expected}.`, {
        table,
        key,
        ordinal,
      })
    }
    digest.update(effect.hash)
  }
  if (count !== change.effects) {
    const near = misplaced && { table: misplaced.table_name, key: misplaced.key, ordinal: misplaced.ordinal }
    return at('count', `Change ${expected} has ${count} effects; ${change.effects} were sealed.`, near)
  }
  if (!equal(digest.digest(), change.digest))
    return at('digest', `The effects of change ${expected} are not the ones that were sealed.`)
  if (!equal(nextChain(previous, { ...change, tenant, headerHash: change.header_hash }), change.chain))
    return at('chain', `Change ${expected} does not follow the one before it.`)
  return undefined
}

/** What was erased counts by its kept hash; what says something must prove it. */
function headerHolds(change: ChangeRow): boolean {
  if (change.header_salt !== null) return equal(headerHash(change), change.header_hash)
  return change.actor === null && change.reason === null && change.cause === null
}

function effectHolds(effect: EffectRow): boolean {
  return effect.salt === null ? effect.after === null : equal(effectHash(effect), effect.hash)
}

/** An effect that belongs to no change: nobody sealed it. */
async function strayEffect(tx: Tx, tenant: string): Promise<Broken | undefined> {
  const [stray] = await tx<{ table: string; key: string; ordinal: number; xid: string }[]>`
    select e.table_name as table, e.key::text as key, e.ordinal, e.xid::text as xid from vouchsafe.effect e
    where e.tenant_id = ${tenant} and not exists (
      select from vouchsafe.change c where c.tenant_id = e.tenant_id and c.epoch = e.epoch and c.xid = e.xid
    ) order by e.xid, e.ordinal limit 1`
  if (!stray) return undefined
  const { xid, ...row } = stray
  return {
    revision: 0,
    fault: 'stray',
    detail: `An effect on ${row.table} (xid ${xid}) is of no change.`,
    ...row,
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

const same = (head: ExportedHead, change: ChangeRow) =>
  head.chain === Buffer.from(change.chain).toString('hex')
const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0
