import type { AppliedChange, TenantView } from '#core/tenant-view.ts'
import { Directory } from './directory.ts'
import type { TenantData } from './tenant-data.ts'
import { viewOf } from './tenant-view.ts'

type Entry = { readonly data: TenantData; readonly view: TenantView }

/** The tenants as they are now. Only the feed writes here, each change in one tick. */
export class Store {
  readonly directory = new Directory()
  readonly #tenants = new Map<string, Entry>()
  readonly #listeners = new Set<(change: AppliedChange) => void>()
  readonly #onListenerError: (error: unknown) => void
  #untold: AppliedChange[] = []

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError
  }

  get tenants(): ReadonlyMap<string, Entry> {
    return this.#tenants
  }

  data(id: string): TenantData | undefined {
    return this.#tenants.get(id)?.data
  }

  view(idOrKey: string): TenantView | undefined {
    const found = this.#tenants.get(idOrKey)
    if (found !== undefined) return found.view
    const id = this.directory.tenantOfKey(idOrKey)
    return id === undefined ? undefined : this.#tenants.get(id)?.view
  }

  /** Puts whole tenants in place of what was there. */
  install(tenants: readonly TenantData[]): void {
    for (const data of tenants) {
      this.#tenants.set(data.id, { data, view: viewOf(data) })
      this.directory.replace(data)
    }
  }

  remove(id: string): void {
    this.#tenants.delete(id)
    this.directory.remove(id)
  }

  subscribe(listener: (change: AppliedChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells the listeners, in order, in a later tick. */
  tell(change: AppliedChange): void {
    this.#untold.push(change)
    if (this.#untold.length === 1) setImmediate(() => this.#flush())
  }

  #flush(): void {
    const changes = this.#untold
    this.#untold = []
    for (const change of changes) {
      for (const listener of [...this.#listeners]) {
        try {
          listener(change)
        } catch (error) {
          this.#onListenerError(error)
        }
      }
    }
  }
}
