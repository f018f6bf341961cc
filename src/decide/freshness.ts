import { AppError } from '#core/errors.ts'
import type { RevisionToken } from '#core/revision.ts'
import type { Snapshot } from '#core/tenant-view.ts'
import type { AwaitFreshness } from './verbs.ts'

type Needs = { readonly snapshot: Snapshot; readonly waitMs: number }

/** A token made from an applied change, whose chain was not kept: its place is known, its chain is not compared. */
export const unknownChain = '0000000000000000'

/** Waits, bounded, until the snapshot is as fresh as demanded. Never answers with less. */
export function createAwaitFreshness({ snapshot, waitMs }: Needs): AwaitFreshness {
  return (tenant, demand, timeoutMs) => {
    const bounded = Math.min(timeoutMs, waitMs)
    switch (demand.kind) {
      case 'minimize_latency':
        return undefined
      case 'at_least':
        if (reached(snapshot, tenant, demand.revision)) return undefined
        return snapshot.wait(tenant, demand.revision.revision, bounded).then(() => {
          if (!reached(snapshot, tenant, demand.revision)) throw notFresh()
        })
      case 'max_staleness':
        if (snapshot.ageMs() <= demand.ms) return undefined
        return snapshot.refresh(bounded).then(() => {
          if (snapshot.ageMs() > demand.ms) throw notFresh()
        })
      case 'fresh':
        return snapshot.refresh(bounded)
    }
  }
}

/**
 * Whether the tenant's view has come to the token; a tenant that is not there may be yet to come.
 * Throws where the token is of another tenant or another history.
 */
function reached(snapshot: Snapshot, tenant: string, token: RevisionToken): boolean {
  const view = snapshot.tenant(tenant)
  if (token.tenant !== (view?.id ?? tenant)) {
    throw new AppError('TENANT_MISMATCH', 'The revision token is not of this tenant.')
  }
  if (!view) return false
  if (token.epoch !== view.epoch) throw superseded()
  const sameChain = token.chain === view.chain || token.chain === unknownChain
  if (token.revision === view.revision && !sameChain) throw superseded()
  return view.revision >= token.revision
}

function superseded(): AppError {
  return new AppError('REVISION_SUPERSEDED', 'The revision token is of a history that was replaced; drop it.')
}

function notFresh(): AppError {
  return new AppError('NOT_FRESH_ENOUGH', 'The demanded freshness was not reached in time; try again.')
}
