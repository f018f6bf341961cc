import type { Command } from '#admin/command.ts'
import { AppError } from '#core/errors.ts'
import { doStep, type Work } from './do-step.ts'
import type { CatalogChange, CatalogDocument } from './documents.ts'
import { finishRequires } from './finish-requires.ts'
import { normalCatalog } from './normal.ts'
import { planCatalog } from './plan-catalog.ts'
import { readStored } from './stored.ts'
import { warnOfUnknownKeys } from './warn-of-unknown-keys.ts'

export type ApplyInput = {
  readonly catalog: CatalogDocument
  readonly prune: boolean
  /** The kinds that are pruned. Empty: all. */
  readonly prune_only?: readonly string[]
}

export type Applied = { readonly changes: readonly CatalogChange[]; readonly warnings: readonly string[] }

/**
 * Makes the catalogue what a document says, by the commands that change its parts one by one. What fails says in its
 * metadata where the document says so (`path`).
 */
export const applyCatalog: Command<ApplyInput, Applied> = async (
  tx,
  scope,
  { catalog, prune, prune_only = [] },
) => {
  // One at a time: each compares with what is there, and then changes that.
  await tx`select pg_advisory_xact_lock(hashtextextended(${`catalogue ${scope.tenant}`}, 0))`
  const stored = await readStored(tx, scope)
  const work: Work = { tx, scope, stored, unfinished: [], warnings: new Set(), remapped: new Set() }
  const steps = planCatalog(stored, normalCatalog(catalog), prune, prune_only)
  let finished = false
  for (const step of steps) {
    // All entitlements are there before anything names them.
    if (!finished && step.kind !== 'module' && !(step.kind === 'entitlement' && step.action === 'create')) {
      await finishRequires(work)
      finished = true
    }
    await at(step.path, doStep(work, step))
  }
  await finishRequires(work)
  await warnOfUnknownKeys(work, steps)
  // At once, after all of them: who bought it does not lose in between what another mapping gives again.
  if (work.remapped.size > 0) await scope.remap?.(tx, [...work.remapped])
  return {
    changes: steps.map(({ kind, name, action, fields, path }) => ({ kind, name, action, fields, path })),
    warnings: [...work.warnings],
  }
}

async function at(path: string, step: Promise<unknown>): Promise<void> {
  try {
    await step
  } catch (error) {
    if (!(error instanceof AppError) || path === '') throw error
    throw new AppError(error.code, error.message, { ...error.metadata, path }, error.cause)
  }
}
