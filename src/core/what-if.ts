import type { TenantView } from './tenant-view.ts'

/** A tenant as it is, and as it would be after effects that were not committed. */
export type WhatIf = {
  readonly before: TenantView
  readonly after: TenantView
  /** Ids of all subjects with a row, before or after; may go on while others write. */
  readonly subjects: () => Iterable<string>
  /** Subject or organization → ids of the targets whose grants to it change, or all where anything of it may. */
  readonly touched: ReadonlyMap<string, ReadonlySet<string> | 'all'>
}
