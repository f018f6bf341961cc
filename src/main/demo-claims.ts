import { demoPeople } from '#admin/demo-people.ts'
import type { JsonObject } from '#core/json.ts'

/** What the demo's identity provider puts into a person's token; nothing for somebody it does not know. */
export function demoClaims(name: string): JsonObject {
  return demoPeople.find((person) => person.name === name)?.claims ?? {}
}
