import type { Tx } from './pool.ts'

/** Where a tenant's history stood. Kept outside of the database, it shows when history was cut or replaced. */
export type ExportedHead = {
  /** RFC 3339: when it was read. */
  readonly at: string
  readonly tenant: string
  readonly epoch: string
  readonly revision: number
  /** Hex. */
  readonly chain: string
}

/** The heads of all tenants, or of one. `now` in ms. Inside readFeed. */
export async function readHeads(tx: Tx, now: number, tenant?: string): Promise<readonly ExportedHead[]> {
  const at = new Date(now).toISOString()
  const rows = await tx<Omit<ExportedHead, 'at'>[]>`
    select tenant_id as tenant, epoch, revision, encode(chain, 'hex') as chain from vouchsafe.head
    where ${tenant === undefined ? tx`true` : tx`tenant_id = ${tenant}`} order by tenant_id`
  return rows.map((head) => ({ at, ...head }))
}

/** The heads in a file of lines. A line that is none is left out, for the last one may have been cut. */
export function parseHeads(text: string): readonly ExportedHead[] {
  return text.split('\n').flatMap((line) => {
    try {
      const head = JSON.parse(line) as ExportedHead
      return typeof head.tenant === 'string' &&
        Number.isSafeInteger(head.revision) &&
        typeof head.chain === 'string'
        ? [head]
        : []
    } catch {
      return []
    }
  })
}
