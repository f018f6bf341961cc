import { AppError } from '#core/errors.ts'
import { decide } from './check.ts'
import type { Needs } from './needs.ts'
import { revisionText } from './revision-text.ts'
import type { ExplainAt } from './verbs.ts'

/** Answers about the past by today's policy. It is no decision of that time and none of today: it is not journalled. */
export function createExplainAt(needs: Needs): ExplainAt {
  return ({ view, at }, asker, question) => {
    const bundle = needs.bundle()
    if (!bundle) throw new AppError('NOT_READY', 'No policy bundle is active yet.')
    const { catalogue, revision } = view
    if (!catalogue.tenant.active) throw new AppError('NOT_FOUND', 'The tenant was not active at that moment.')
    const captured = {
      view,
      catalogue,
      bundle,
      now: at,
      age_ms: 0,
      revision,
      data_revision: revisionText(view),
    }
    return decide({ ...needs, record: () => undefined }, captured, asker, { ...question, explain: true })
  }
}
