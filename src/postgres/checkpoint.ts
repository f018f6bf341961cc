import { createHash } from 'node:crypto'
import { AppError } from '#core/errors.ts'
import type { ChangeRow } from './chain.ts'
import type { Tx } from './pool.ts'
import { headerHolds, isFound, keyOf, readChanges, WalkedEffects } from './walk-history.ts'

/** Up to where a tenant's history was exported and taken away. */
export type Checkpoint = {
  readonly revision: number
  readonly chain: Uint8Array
  /** ms: of the last change that was pruned. */
  readonly at: number
  readonly kept: number
  readonly kept_digest: Uint8Array
  readonly export_name: string
  readonly export_sha256: Uint8Array
}

/** The last one; undefined where nothing was pruned yet. */
export async function readCheckpoint(tx: Tx, tenant: string): Promise<Checkpoint | undefined> {
  const [checkpoint] = await tx<Checkpoint[]>`
    select revision, chain, at, kept, kept_digest, export_name, export_sha256 from vouchsafe.checkpoints
    where tenant_id = ${tenant} order by revision desc limit 1`
  return checkpoint
}

/** What is asked for is of before the checkpoint. */
export function pruned({ revision, at, export_name }: Checkpoint): AppError {
  const until = new Date(at).toISOString()
  return new AppError(
    'FAILED_PRECONDITION',
    `History up to change ${revision} of ${until} was pruned: it is in the export "${export_name}".`,
    { checkpoint: String(revision), until, export: export_name },
  )
}

/**
 * Why a checkpoint does not prove itself and what it kept: one sentence. It counts what it walks.
 * Its own row is an effect of a change after it, which the chain from it on proves.
 */
export async function checkpointFault(
  tx: Tx,
  tenant: string,
  checkpoint: Checkpoint,
  counted: { effects: number; erased: number },
): Promise<string | undefined> {
  const { revision } = checkpoint
  if (!(await isSealed(tx, tenant, revision))) {
    return `The checkpoint at change ${revision} is not the one that was sealed.`
  }
  const digest = createHash('sha256')
  let kept = 0
  for (let after = 0; ; ) {
    const changes = await readChanges(tx, tenant, after, revision)
    const effects = new WalkedEffects(tx, tenant, changes)
    for (const change of changes) {
      if (!headerHolds(change)) {
        await effects.close()
        return `Who, what or why of the kept change ${change.revision} was edited.`
      }
      if (change.header_salt === null) counted.erased++
      const images = createHash('sha256')
      for await (const effect of effects.of(change.revision)) {
        if (!effect.isProven || !isFound(effect)) {
          await effects.close()
          return `The kept image of a row of ${effect.table_name}, ${keyOf(effect)}, of change ${change.revision} was edited.`
        }
        kept++
        if (effect.salt === null) counted.erased++
        images.update(int4(effect.ordinal)).update(effect.hash)
      }
      for (const field of fieldsOf(change, images.digest())) digest.update(int4(field.length)).update(field)
      after = change.revision
    }
    if (changes.length === 0) break
  }
  counted.effects += kept
  if (kept !== checkpoint.kept || Buffer.compare(digest.digest(), checkpoint.kept_digest) !== 0) {
    return `What is left of before change ${revision} is not what the checkpoint kept.`
  }
  return undefined
}

/** The row that is there is the image that a later change holds. */
async function isSealed(tx: Tx, tenant: string, revision: number): Promise<boolean> {
  const [sealed] = await tx<{ same: boolean }[]>`
    select e.after = to_jsonb(k) as same from vouchsafe.checkpoints k
    join vouchsafe.effect e on e.tenant_id = k.tenant_id and e.table_name = 'checkpoints'
      and e.key = jsonb_build_object('tenant_id', k.tenant_id, 'revision', k.revision)
      and vouchsafe.effect_row(e.key) = '' and not vouchsafe.known_by_holder(e.table_name)
    join vouchsafe.change c on c.tenant_id = e.tenant_id and c.epoch = e.epoch and c.xid = e.xid
    where k.tenant_id = ${tenant} and k.revision = ${revision} and c.revision > k.revision
    order by c.revision desc limit 1`
  return sealed?.same === true
}

function fieldsOf(change: ChangeRow, images: Uint8Array): readonly Uint8Array[] {
  return [
    int8(change.revision),
    int8(change.at),
    change.header_hash,
    int4(change.effects),
    change.digest,
    change.chain,
    images,
  ]
}

function int4(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int8(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}
