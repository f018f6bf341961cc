import type { People } from '#core/people.ts'
import type { TenantData } from './tenant-data.ts'

export function peopleOf({ ids, subjects, identities }: TenantData): People {
  return {
    size: subjects.size,
    *subjects() {
      for (let slot = 1; slot <= ids.size; slot++) {
        const id = ids.text(slot)
        if (subjects.get(slot, id)) yield id
      }
    },
    *names(iss) {
      for (const [slot, sub] of identities.named(iss)) yield [ids.text(slot), sub]
    },
  }
}
