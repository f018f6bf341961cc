import { AppError } from '#core/errors.ts'
import type { TenantView } from '#core/tenant-view.ts'

/**
 * The subject a path names: by our id ("sub_…"), or by the identity provider's own name for it.
 * Throws NOT_FOUND, and FAILED_PRECONDITION where two providers use the name for different people.
 */
export function subjectName(view: TenantView, text: string): { readonly id: string } {
  if (text.startsWith('sub_')) return { id: text }
  const subjects = new Set<string>()
  for (const { iss } of view.catalogue.issuers) {
    const subject = view.subjectOf(iss, text)
    if (subject !== undefined) subjects.add(subject)
  }
  const [subject, second] = subjects
  if (subject === undefined) {
    throw new AppError('NOT_FOUND', 'The subject does not exist.', { resource: 'subject' })
  }
  if (second !== undefined) {
    throw new AppError('FAILED_PRECONDITION', 'The name is ambiguous; use the subject’s id.', {
      state: 'ambiguous',
    })
  }
  return { id: `sub_${subject}` }
}
