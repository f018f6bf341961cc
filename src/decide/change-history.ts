import type { AppliedChange } from '#core/tenant-view.ts'

/** Changes kept, so that a watcher that was away can resume without a tenant-wide event. */
const keptChanges = 1000
/** Subjects that all of them name together: one change may name thousands. */
const keptSubjects = 50_000

export type ChangeHistory = {
  add(change: AppliedChange): void
  /** The changes after a place of the current history; undefined where they can no longer be told. */
  since(epoch: string, revision: number): readonly AppliedChange[] | undefined
}

/** The latest changes of one tenant. A restored database begins another history, and the old one is forgotten. */
export function createChangeHistory(): ChangeHistory {
  let changes: AppliedChange[] = []
  let subjects = 0
  return {
    add(change) {
      const last = changes.at(-1)
      if (last && (last.epoch !== change.epoch || last.revision >= change.revision)) {
        changes = []
        subjects = 0
      }
      changes.push(change)
      subjects += change.subjects.length
      while (changes.length > keptChanges || subjects > keptSubjects) {
        const first = changes.shift()
        if (!first) break
        subjects -= first.subjects.length
      }
    },
    since(epoch, revision) {
      const [first] = changes
      const told = first && (first.epoch ?? epoch) === epoch && first.revision <= revision + 1
      return told ? changes.filter((change) => change.revision > revision) : undefined
    },
  }
}
