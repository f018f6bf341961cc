import { createPageTokens } from '#admin/page-tokens.ts'
import type { Config } from '#config'
import type { Needs as DecideNeeds } from '#decide/needs.ts'
import { createWhich } from '#decide/which.ts'
import { createWhoMay } from '#decide/who-may.ts'
import type { AuthzenParts } from '#http/authzen/parts.ts'
import { createSearchPages } from '#rpc/search-pages.ts'
import type { RunningSnapshot } from '#snapshot/start-snapshot.ts'

type Needs = DecideNeeds &
  Pick<RunningSnapshot, 'people'> & {
    readonly config: Pick<Config, 'publicUrl' | 'accessRequestUrl'>
    /** Signs page tokens. */
    readonly secret: string
  }

/** What AuthZEN's door has beyond the verbs. */
export function createAuthzen({ config, secret, ...deciding }: Needs): AuthzenParts {
  const { people, newId, now } = deciding
  return {
    publicUrl: config.publicUrl,
    accessRequestUrl: config.accessRequestUrl,
    which: createWhich(deciding),
    whoMay: createWhoMay(deciding),
    people,
    pages: createSearchPages({ tokens: createPageTokens(secret), newId, now }),
  }
}
