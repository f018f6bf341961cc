import { askedByPath, type Difference, firstReason } from './differences.ts'
import type { Door } from './door.ts'
import { routeOf } from './route-of.ts'

/** A door that is asked about requests: a question is one that its route makes the question of. */
export function gatewayDoor(
  name: string,
  differs: readonly Difference[],
  pass: NonNullable<Door['pass']>,
): Door {
  return {
    name,
    differs: [firstReason, askedByPath, ...differs],
    ask: (ask) => pass(routeOf(ask).target, ask.token),
    pass,
  }
}
