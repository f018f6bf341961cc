import type { TenantView } from '#core/tenant-view.ts'
import type { ActiveBundle } from '#core/verdict.ts'
import { createVerbs } from '#decide/create-verbs.ts'
import type { Decided } from '#decide/needs.ts'
import { viewOf, type World } from '#test/fixtures/view.ts'

export type Settings = { readonly bundle: ActiveBundle; readonly now: number; readonly ageMs?: number }

export const service = { id: 'c-1', name: 'test', kind: 'key', roles: ['service'] } as const

/** The real verbs over tenants in memory, at a moment that stands still. */
export function verbsOver(worlds: readonly (World | TenantView)[], { bundle, now, ageMs = 0 }: Settings) {
  const views = worlds.map((world) => ('catalogue' in world && 'id' in world ? world : viewOf(world)))
  const decided: Decided[] = []
  let ids = 0
  const verbs = createVerbs({
    snapshot: {
      tenant: (name) => views.find(({ id, catalogue }) => id === name || catalogue.tenant.key === name),
      issuer: () => undefined,
      issuersOf: () => [],
      callerOfKey: () => undefined,
      callerOfCertificate: () => undefined,
      callerOfSubject: () => undefined,
      ageMs: () => ageMs,
      wait: async () => undefined,
      refresh: async () => undefined,
      subscribe: () => () => undefined,
    },
    bundle: () => bundle,
    now: () => now,
    newId: () => `d-${++ids}`,
    record: (each) => void decided.push(each),
    breathe: () => Promise.resolve(),
    softStalenessMs: 5000,
    hardStalenessMs: 900_000,
    waitMs: 50,
    checkpointMs: 60_000,
  })
  return { ...verbs, decided }
}
