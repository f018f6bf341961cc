import { AppError } from '#core/errors.ts'
import type { SeatPool } from '#core/tenant-view.ts'
import type { Fragment } from '#postgres/fragment.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { checkSeatsIn } from './check-provisioning.ts'
import type { Command, Scope } from './command.ts'
import { ofPool } from './delegate-pool.ts'
import { inOrganization, reachOf } from './delegate-reach.ts'
import { etagOf } from './etag.ts'
import { readId } from './ids.ts'
import { invalid } from './invalid.ts'
import { notFound } from './not-found.ts'
import { type Page, type PageInput, readPage } from './page.ts'
import { organization } from './resolve-holder.ts'
import type { UpdateInput } from './resource.ts'
import { seatUse } from './seats.ts'

type Settings = {
  readonly id: string
  /** Id ("org_…") or key. */
  readonly organization: string
  readonly key: string
  /** Empty: for all modules. */
  readonly module: string
  readonly on_shrink: SeatPool['on_shrink']
}

/** Capacity absent: without limit. */
export type PoolDocument = Settings & {
  readonly capacity?: number
  readonly used: number
  readonly invited: number
  readonly over: number
  readonly etag: string
}

export type NewPool = Omit<Settings, 'id' | 'on_shrink'> & { readonly on_shrink: string }

/** What the API's field holds. */
const mostShown = 2 ** 32 - 1

export const createSeatPool: Command<NewPool, { readonly pool: PoolDocument }> = async (
  tx,
  scope,
  wanted,
) => {
  const { tenant } = scope
  const { key, module, on_shrink: rule } = wanted
  const owner = await organization(tx, tenant, wanted.organization)
  if (module !== '') await checkSeatsIn(tx, tenant, module)
  const id = newId()
  const row = { tenant_id: tenant, id, organization_id: owner, key, module: module || null }
  const made =
    await tx`insert into vouchsafe.seat_pools ${tx({ ...row, on_shrink: rule || 'keep' })} on conflict do nothing`
  if (made.count === 0)
    throw new AppError('ALREADY_EXISTS', 'There is such a seat pool already.', { seat_pool: key })
  return { pool: await show(tx, scope, await settings(tx, tenant, id)) }
}

/** By id. */
export const getSeatPool: Command<string, { readonly pool: PoolDocument }> = async (tx, scope, name) => {
  const pool = await findPool(tx, scope.tenant, name)
  const reach = await reachOf(tx, scope, scope.now, false)
  if (reach) await ofPool(tx, scope.tenant, reach, pool, scope.now)
  return { pool: await show(tx, scope, await settings(tx, scope.tenant, pool)) }
}

/** Only its rule for shrinking ever changes. */
export const updateSeatPool: Command<
  UpdateInput<{ readonly id: string; readonly on_shrink: string; readonly etag?: string }>,
  { readonly pool: PoolDocument }
> = async (tx, scope, { document, fields }) => {
  const { tenant } = scope
  const id = await findPool(tx, tenant, document.id, true)
  const found = await settings(tx, tenant, id)
  if (document.etag && document.etag !== etagOf(found))
    throw new AppError('ETAG_MISMATCH', 'The seat pool was changed meanwhile.', { noun: 'seat pool' })
  for (const field of fields) {
    if (field !== 'on_shrink')
      throw invalid('update_mask', `The field ${field} of a seat pool never changes.`)
    await tx`update vouchsafe.seat_pools set on_shrink = ${document.on_shrink || 'keep'}
      where tenant_id = ${tenant} and id = ${id}`
  }
  return { pool: await show(tx, scope, await settings(tx, tenant, id)) }
}

/** An organization's pools, by id. */
export const listSeatPools: Command<
  PageInput & { readonly organization: string },
  Page<PoolDocument>
> = async (tx, scope, { organization: name, ...input }) => {
  const { tenant } = scope
  const owner = await organization(tx, tenant, name)
  const reach = await reachOf(tx, scope, scope.now, false)
  if (reach) await inOrganization(tx, tenant, reach, owner)
  const page = await readPage(
    scope.pageTokens,
    [tenant, 'seat_pools', owner],
    input,
    (after, limit) =>
      select(
        tx,
        tx`p.tenant_id = ${tenant} and p.organization_id = ${owner}
          ${after ? tx`and p.id > ${String(after[0])}` : tx``} order by p.id limit ${limit}`,
      ),
    ({ id }) => [id.slice('pol_'.length)],
  )
  const items: PoolDocument[] = []
  for (const pool of page.items) items.push(await show(tx, scope, pool))
  return { ...page, items }
}

/** A pool's bare id. Unknown: AppError NOT_FOUND. */
export async function findPool(tx: Tx, tenant: string, name: string, lock = false): Promise<string> {
  const id = readId('pol', name)
  const [row] =
    id === undefined
      ? []
      : await tx`select from vouchsafe.seat_pools where tenant_id = ${tenant} and id = ${id}
          ${lock ? tx`for no key update` : tx``}`
  if (id === undefined || !row) throw notFound('seat pool', name)
  return id
}

/** A pool as it is now, by its bare id. */
export async function shownPool(tx: Tx, scope: Scope, id: string): Promise<PoolDocument> {
  return show(tx, scope, await settings(tx, scope.tenant, id))
}

async function show(tx: Tx, { tenant, now }: Scope, pool: Settings): Promise<PoolDocument> {
  const use = await seatUse(tx, tenant, pool.id.slice('pol_'.length), now)
  const { used, invited } = use
  const capacity = use.capacity === undefined ? undefined : Math.min(use.capacity, mostShown)
  const over = Math.max(0, used - (capacity ?? used))
  const shown = { ...pool, used, invited, over, etag: etagOf(pool) }
  return capacity === undefined ? shown : { ...shown, capacity }
}

async function settings(tx: Tx, tenant: string, id: string): Promise<Settings> {
  const [row] = await select(tx, tx`p.tenant_id = ${tenant} and p.id = ${id}`)
  if (!row) throw notFound('seat pool', `pol_${id}`)
  return { ...row }
}

function select(tx: Tx, where: Fragment) {
  return tx<Settings[]>`
    select 'pol_' || p.id as id, 'org_' || p.organization_id as organization, p.key::text as key,
      coalesce(p.module::text, '') as module, p.on_shrink
    from vouchsafe.seat_pools p where ${where}`
}
