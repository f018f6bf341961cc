import { AppError } from '#core/errors.ts'
import { encodeRevision } from '#core/revision.ts'
import type { AppliedChange, Snapshot, TenantView } from '#core/tenant-view.ts'
import { type ChangeHistory, createChangeHistory } from './change-history.ts'
import { unknownChain } from './freshness.ts'
import { revisionText } from './revision-text.ts'
import type { Watch, WatchEvent } from './verbs.ts'

type Needs = { readonly snapshot: Snapshot; readonly now: () => number; readonly checkpointMs: number }

/** Changes a slow watcher may have outstanding before it is dropped: the feed never waits for it. */
const outstanding = 1024

/** Streams a tenant's applied changes, with a checkpoint where nothing happens. */
export function createWatch({ snapshot, now, checkpointMs }: Needs): Watch {
  const histories = new Map<string, ChangeHistory>()
  snapshot.subscribe((change) => {
    const history = histories.get(change.tenant) ?? createChangeHistory()
    history.add(change)
    histories.set(change.tenant, history)
  })

  return async function* (tenant, after, signal) {
    const view = () => viewOf(snapshot, tenant)
    const { id } = view()
    const queue: AppliedChange[] = []
    let overflow = false
    let wake: () => void = () => undefined
    const unsubscribe = snapshot.subscribe((change) => {
      if (change.tenant !== id) return
      if (queue.length >= outstanding) overflow = true
      else queue.push(change)
      wake()
    })
    try {
      if (after && after.tenant !== id) {
        throw new AppError('TENANT_MISMATCH', 'The revision token is not of this tenant.')
      }
      queue.push(...missed(histories.get(id), view(), after, now()))
      yield checkpoint(view(), now())
      while (!signal.aborted) {
        if (overflow)
          throw new AppError('LIMIT_EXCEEDED', 'The watcher is too slow; resume from its last revision.')
        const change = queue.shift()
        if (change) yield eventOf(view(), change)
        else if (!(await woken((resume) => (wake = resume), checkpointMs, signal))) {
          if (!signal.aborted) yield checkpoint(view(), now())
        }
      }
    } finally {
      unsubscribe()
    }
  }
}

function viewOf(snapshot: Snapshot, tenant: string): TenantView {
  const view = snapshot.tenant(tenant)
  if (!view?.catalogue.tenant.active)
    throw new AppError('TENANT_MISMATCH', 'The tenant is unknown or not yours.')
  return view
}

/** What a resuming watcher has not seen; one tenant-wide change where it can no longer be told. */
function missed(
  history: ChangeHistory | undefined,
  view: TenantView,
  after: { readonly epoch: string; readonly revision: number } | undefined,
  now: number,
): readonly AppliedChange[] {
  if (!after || (after.epoch === view.epoch && after.revision >= view.revision)) return []
  const { id: tenant, epoch, revision } = view
  const changes = after.epoch === epoch ? history?.since(epoch, after.revision) : undefined
  return changes ?? [{ tenant, epoch, revision, at: now, subjects: [], tenant_wide: true }]
}

function eventOf(view: TenantView, change: AppliedChange): WatchEvent {
  const { id: tenant } = view
  const epoch = change.epoch ?? view.epoch
  const isLast = epoch === view.epoch && change.revision === view.revision
  const chain = isLast ? view.chain : unknownChain
  return {
    revision: encodeRevision({ tenant, epoch, revision: change.revision, chain }),
    at: change.at,
    change: { subjects: change.subjects.map((id) => `sub_${id}`), tenant_wide: change.tenant_wide },
  }
}

function checkpoint(view: TenantView, at: number): WatchEvent {
  return { revision: revisionText(view), at }
}

/** True when woken by a change, false at the timeout or the abort. */
function woken(arm: (resume: () => void) => void, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (byChange: boolean) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      arm(() => undefined)
      resolve(byChange)
    }
    const stop = () => done(false)
    const timer = setTimeout(stop, timeoutMs)
    signal.addEventListener('abort', stop)
    arm(() => done(true))
  })
}
