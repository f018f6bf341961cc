import { encodeRevision } from '#core/revision.ts'
import type { TenantView } from '#core/tenant-view.ts'

const last = new WeakMap<TenantView, { readonly revision: number; readonly text: string }>()

/** The view's revision token; encoded once a revision. A view goes forward only: another history is another view. */
export function revisionText(view: TenantView): string {
  const known = last.get(view)
  if (known?.revision === view.revision) return known.text
  const { id: tenant, epoch, revision, chain } = view
  const text = encodeRevision({ tenant, epoch, revision, chain })
  last.set(view, { revision, text })
  return text
}
