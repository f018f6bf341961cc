import type { Tx } from '#postgres/pool.ts'

/** How far an import has come: what the file had up to there, and what became of it. */
export type Progress = {
  readonly bytes: number
  readonly lines: number
  readonly added: number
  readonly present: number
  readonly rejected: number
}

export const atStart: Progress = { bytes: 0, lines: 0, added: 0, present: 0, rejected: 0 }

/** Where the import of this file was cut off; undefined where it is new, or came to its end. */
export async function readProgress(tx: Tx, tenant: string, id: string): Promise<Progress | undefined> {
  const [row] = await tx<Progress[]>`
    select bytes, lines, added, present, rejected from vouchsafe.imports where tenant_id = ${tenant} and id = ${id}`
  return row
}

/**
 * Keeps how far it has come, with the rows that brought it there. Fails where another run of the same import has moved
 * on meanwhile: false.
 */
export async function keepProgress(
  tx: Tx,
  tenant: string,
  id: string,
  from: Progress,
  to: Progress,
): Promise<boolean> {
  const kept = await tx`
    insert into vouchsafe.imports ${tx({ tenant_id: tenant, id, ...to })}
    on conflict (tenant_id, id) do update
      set bytes = excluded.bytes, lines = excluded.lines, added = excluded.added, present = excluded.present,
        rejected = excluded.rejected, updated_at = now()
      where imports.bytes = ${from.bytes}`
  return kept.count === 1
}

export async function forgetProgress(tx: Tx, tenant: string, id: string): Promise<void> {
  await tx`delete from vouchsafe.imports where tenant_id = ${tenant} and id = ${id}`
}
