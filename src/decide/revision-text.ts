import { encodeRevision } from '#core/revision.ts'
import type { TenantView } from '#core/tenant-view.ts'

const last = new WeakMap<
  TenantView,
  { readonly revision: number; readonly chain: string; readonly text: string }
>()

/** The view's revision token; encoded once a revision. */
export function revisionText(view: TenantView): string {
  const known = last.get(view)
  if (known && known.revision === view.revision && known.chain === view.chain) return known.text
  const { id: tenant, epoch, revision, chain } = view
  const text = encodeRevision({ tenant, epoch, revision, chain })
  last.set(view, { revision, chain, text })
  return text
}
