import { type Identity, identityHeaders, reservedAliases, reservedHeaders } from '#core/identity-headers.ts'

type Header = readonly [name: string, value: string]

/** All values together: a proxy has 4 KB for the head of an answer. */
const maxValues = 2048
/** The least important last: it is the first to be left out. */
const order = [...reservedHeaders].sort((a, b) => weight(a) - weight(b))

/** What fits of an identity: whole values, those that matter most first. */
function fitting(identity: Identity): readonly Header[] {
  const said = new Map<string, string>(identityHeaders(identity))
  let room = maxValues
  return order.flatMap((name) => {
    const value = said.get(name)
    if (value === undefined || value.length > room) return []
    room -= value.length
    return [[name, value] as const]
  })
}

function weight(name: string): number {
  if (name === 'x-vouchsafe-decision-id') return 0
  return name === 'x-vouchsafe-entitlements' ? 2 : 1
}

/** Each reserved header, empty where nothing is known: a proxy that copies them overwrites what a client sent. */
export function copiedHeaders(identity: Identity): readonly Header[] {
  const said = new Map(fitting(identity))
  return reservedHeaders.map((name) => [name, said.get(name) ?? ''])
}

/** What is known, and the names that Envoy removes: the other reserved ones and what a server may take for one of them. */
export function setAndRemoved(identity: Identity): readonly Header[] {
  const said = fitting(identity)
  const set = new Set(said.map(([name]) => name))
  const removed = [...reservedHeaders, ...reservedAliases].filter((name) => !set.has(name))
  return [...said, ['x-envoy-auth-headers-to-remove', removed.join(',')]]
}
