import { deepStrictEqual } from 'node:assert/strict'
import type { Ask, Door, Place, Told } from './door.ts'
import { gatewayDoors } from './gateway-doors.ts'
import { openGrpcDoors } from './grpc-doors.ts'
import { httpDoors } from './http-doors.ts'

/** Every door of a server. The first is Check, which the others are held against. */
export function openDoors(place: Place) {
  const { doors: grpc, close } = openGrpcDoors(place)
  const doors = [...grpc, ...httpDoors(place), ...gatewayDoors(place)]
  const [check, ...others] = doors as [Door, ...Door[]]

  return {
    doors,
    /** Asks all of them: each answers as Check does, but for its sanctioned differences. Gives Check's answer. */
    async agreed(ask: Ask): Promise<Told> {
      const answer = await check.ask(ask)
      const able = others.filter(({ differs }) => differs.every(({ carries }) => carries?.(ask) ?? true))
      const said = await Promise.all(able.map(async (door) => [door.name, await saidAt(door, ask)] as const))
      const wanted = able.map((door) => [door.name, shownAt(door, answer)] as const)
      deepStrictEqual(Object.fromEntries(said), Object.fromEntries(wanted))
      return answer
    },
    close,
  }
}

/** What goes wrong is an answer, too: no other door gives it. */
function saidAt({ ask: put }: Door, ask: Ask): Promise<Told | { readonly failed: string }> {
  return put(ask).catch((error: unknown) => ({ failed: String(error) }))
}

/** What a door shows of Check's answer. */
export function shownAt({ differs }: Door, answer: Told): Told {
  return differs.reduce((told, { shows }) => shows?.(told) ?? told, answer)
}
