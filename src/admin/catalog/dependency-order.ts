import type { EntitlementDocument } from '#admin/entitlements.ts'
import type { Step } from './steps.ts'

/** What an entitlement requires comes before it, but where they require each other. */
export function inOrder(steps: readonly Step<EntitlementDocument>[]): readonly Step<EntitlementDocument>[] {
  const byName = new Map(steps.map((step) => [step.name, step]))
  const ordered = new Set<Step<EntitlementDocument>>()
  const begun = new Set<string>()
  // Not by recursion: a chain may be as long as the document.
  for (const first of steps) {
    const open = [first]
    for (let step = open.at(-1); step !== undefined; step = open.at(-1)) {
      begun.add(step.name)
      const next = step.wanted.requires.find((name) => byName.has(name) && !begun.has(name))
      if (next === undefined) {
        ordered.add(step)
        open.pop()
      } else open.push(byName.get(next) as Step<EntitlementDocument>)
    }
  }
  return [...ordered]
}
