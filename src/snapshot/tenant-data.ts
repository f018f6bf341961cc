import type { Catalogue } from '#core/catalogue.ts'
import type { RouteTable } from '#core/route.ts'
import { buildCatalogue } from './build-catalogue.ts'
import { buildRoutes, noRoutes } from './build-routes.ts'
import { Curtain } from './curtain.ts'
import { DelegationTable } from './delegation-table.ts'
import { Dictionary } from './dictionary.ts'
import { GrantSlab } from './grant-slab.ts'
import { IdentityIndex } from './identity-index.ts'
import { LinkTable } from './link-table.ts'
import { Organizations } from './organizations.ts'
import { PoolTable } from './pool-table.ts'
import { type Callers, readCallers } from './read-callers.ts'
import type { OnPoison } from './salvage.ts'
import { SeatTable } from './seat-table.ts'
import type { SeededHash } from './seeded-hash.ts'
import { SmallRows, type SmallTable } from './small-tables.ts'
import { SubjectTable } from './subject-table.ts'
import { TextTable } from './text-table.ts'
import { UuidIndex } from './uuid-index.ts'

export type Place = {
  readonly epoch: string
  readonly revision: number
  readonly chain: Uint8Array
}

/**
 * All of one tenant, in structures of its own: nothing of another tenant can be reached from here (S003-29).
 * Filled by the loader, then changed by the feed alone, a whole change between two ticks.
 */
export class TenantData {
  readonly id: string
  readonly onPoison: OnPoison
  place: Place
  /** Slots of subjects, organizations, targets and pools. */
  readonly ids: UuidIndex
  readonly names = new Dictionary()
  readonly texts: TextTable
  readonly grants: GrantSlab
  readonly identities: IdentityIndex
  readonly subjects: SubjectTable
  /** Organization's slot → place of the role. */
  readonly memberships = new LinkTable()
  readonly seats: SeatTable
  readonly pools = new PoolTable()
  readonly delegations = new DelegationTable()
  /** Text of the key → text of the value. */
  readonly facts = new LinkTable()
  /** Name of the experiment → name of the variant. */
  readonly experiments = new LinkTable()
  readonly organizations = new Organizations()
  readonly rows = new SmallRows()
  catalogue: Catalogue
  routes: RouteTable = noRoutes
  callers: Callers
  readonly #curtain = new Curtain()

  constructor(id: string, place: Place, needs: { readonly hash: SeededHash; readonly onPoison: OnPoison }) {
    const { hash, onPoison } = needs
    this.id = id
    this.place = place
    this.onPoison = onPoison
    this.ids = new UuidIndex(hash)
    this.texts = new TextTable(hash)
    const { ids, names, texts } = this
    const curtain = this.#curtain
    this.grants = new GrantSlab({ hash, curtain, ids, names, texts })
    this.identities = new IdentityIndex({ hash, curtain, names })
    this.subjects = new SubjectTable(curtain)
    this.seats = new SeatTable(hash)
    this.catalogue = buildCatalogue(id, this.rows, () => {})
    this.callers = { keys: new Map(), certificates: new Map(), subjects: new Map() }
  }

  /** Shows what was held, all at once. */
  reveal(): void {
    const tables = [this.subjects, this.identities, this.grants]
    if (!tables.some((table) => table.isHolding)) return
    this.#curtain.lift()
    for (const table of tables) table.reveal()
  }

  /** Forgets what was held and not revealed. */
  drop(): void {
    for (const table of [this.subjects, this.identities, this.grants]) table.drop()
  }

  /** After a change of rows of these small tables; by default of any. */
  rebuild(changed: ReadonlySet<SmallTable> = new Set(['routes', 'callers', 'tenants'])): void {
    if (changed.has('routes')) this.routes = buildRoutes(this.rows.all('routes'), this.onPoison)
    if (changed.size === 1 && changed.has('routes')) return
    this.catalogue = buildCatalogue(this.id, this.rows, this.onPoison)
    this.callers = readCallers(this.rows, this.onPoison)
  }
}
