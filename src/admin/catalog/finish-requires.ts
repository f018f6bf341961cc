import { updateEntitlement } from '#admin/entitlements.ts'
import { AppError } from '#core/errors.ts'
import type { Work } from './do-step.ts'

/** Gives new entitlements what they require, where that was made after them: they require each other. */
export async function finishRequires({ tx, scope, unfinished }: Work): Promise<void> {
  for (const { wanted, path } of unfinished.splice(0)) {
    try {
      await updateEntitlement(tx, scope, { document: wanted, fields: ['requires'] })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      throw new AppError(
        error.code,
        error.message,
        { ...error.metadata, field: 'requires', path },
        error.cause,
      )
    }
  }
}
