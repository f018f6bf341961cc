import type { Organization } from '#core/tenant-view.ts'
import { optionalUuid, type Row, text, uuid } from './row.ts'

/** As deep as the database lets organizations be. */
const deepest = 66

type Node = { readonly id: string; readonly key: string; readonly parent?: string }

/** A tenant's tree of organizations. Paths are computed on first use after a change. */
export class Organizations {
  readonly #nodes = new Map<string, Node>()
  readonly #byKey = new Map<string, string>()
  readonly #known = new Map<string, Organization | undefined>()

  get size(): number {
    return this.#nodes.size
  }

  /** Throws PoisonRow; then the organization is gone. */
  put(row: Row): void {
    this.delete(row)
    const id = uuid(row, 'id')
    const key = text(row, 'key')
    const parent = optionalUuid(row, 'parent_id')
    this.#nodes.set(id, { id, key, ...(parent !== undefined && { parent }) })
    this.#byKey.set(key, id)
  }

  delete(row: Row): void {
    this.#known.clear()
    const node = this.#nodes.get(String(row.id))
    if (node === undefined) return
    this.#nodes.delete(node.id)
    if (this.#byKey.get(node.key) === node.id) this.#byKey.delete(node.key)
  }

  copyTo(other: Organizations): void {
    for (const [id, node] of this.#nodes) {
      other.#nodes.set(id, node)
      other.#byKey.set(node.key, id)
    }
  }

  has(id: string): boolean {
    return this.#nodes.has(id)
  }

  /** By id or key. One without a sound path to a root is none: a deny row above it could be missed (V24). */
  get(idOrKey: string): Organization | undefined {
    const id = this.#nodes.has(idOrKey) ? idOrKey : this.#byKey.get(idOrKey)
    if (id === undefined) return undefined
    if (!this.#known.has(id)) this.#known.set(id, this.#resolve(id))
    return this.#known.get(id)
  }

  #resolve(id: string): Organization | undefined {
    const path: string[] = []
    let at: string | undefined = id
    while (at !== undefined) {
      const node = this.#nodes.get(at)
      if (node === undefined || path.length === deepest) return undefined
      path.push(at)
      at = node.parent
    }
    const node = this.#nodes.get(id)
    return node && { ...node, path: path.reverse() }
  }
}
