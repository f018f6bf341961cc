import type { MatchedRoute, Route, RouteTable } from '#core/route.ts'
import { PathTree, type Segment } from './path-tree.ts'

/** What a place in the path tree holds: its routes by method, each with the names of its parameters in their order. */
type Place = Map<string, { readonly route: Route; readonly names: readonly string[] }[]>

/** Throws for a pattern that cannot be matched. */
export function createRouteTable(routes: readonly Route[]): RouteTable {
  const hosts = new Map<string, PathTree<Place>>()
  for (const route of routes) {
    const segments = segmentsOf(route.pattern)
    const names = segments.flatMap((segment) => (segment.kind === 'plain' ? [] : [segment.name]))
    const tree = getOrMake(hosts, route.host.toLowerCase(), () => new PathTree<Place>())
    const place = tree.at(segments, () => new Map())
    getOrMake(place, route.method, () => []).push({ route, names })
  }
  const anyHost = hosts.get('*')
  return {
    size: routes.length,
    match(method, host, path) {
      const at = placeIn(hosts.get(host), path) ?? placeIn(anyHost, path)
      return at === undefined || at === 'ambiguous' ? [] : routesAt(at, method)
    },
  }
}

type Found = NonNullable<ReturnType<PathTree<Place>['find']>>

/**
 * A canonical path may still have "%40" where a pattern has "@", or a fullwidth letter where it has a plain one: one server
 * reads both alike, another does not. Where that leads to two places, none of them is what everybody means.
 */
function placeIn(tree: PathTree<Place> | undefined, path: string): Found | 'ambiguous' | undefined {
  const written = tree?.find(path)
  if (!path.includes('%')) return written
  const text = decodeURIComponent(path)
  const isSame = (reading: string) => tree?.find(reading)?.found === written?.found
  return isSame(text) && isSame(text.normalize('NFKC')) ? written : 'ambiguous'
}

function routesAt({ found: place, values }: Found, method: string): readonly MatchedRoute[] {
  const routes =
    place.get(method) ?? (method === 'HEAD' ? place.get('GET') : undefined) ?? place.get('*') ?? []
  const decoded = values.map(decodeURIComponent)
  return routes.map(({ route, names }) => ({
    route,
    params: Object.fromEntries(names.map((name, n) => [name, decoded[n] ?? ''])),
  }))
}

function segmentsOf(pattern: string): readonly Segment[] {
  const texts = pattern.slice(1).split('/')
  if (!pattern.startsWith('/')) throw new Error('A pattern starts with a slash.')
  return texts.map((text, at): Segment => {
    const [, name, rest] = /^\{([^{}]*?)(\.\.\.)?\}$/.exec(text) ?? []
    if (name === undefined) return { kind: 'plain', text }
    if (rest === undefined) return { kind: 'param', name }
    if (at < texts.length - 1) throw new Error('Nothing comes after a rest.')
    return { kind: 'rest', name }
  })
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
