import type { MatchedRoute, Route, RouteTable } from '#core/route.ts'
import { PathTree, type Segment } from './path-tree.ts'

/** What a place in the path tree holds: its routes by method, each with the names of its parameters in their order. */
type Place = Map<string, { readonly route: Route; readonly names: readonly string[] }[]>

type Trees = {
  readonly written: PathTree<Place>
  /**
   * The same places by their patterns in lower case and without a slash at the end, where several may meet. Undefined where
   * every pattern is written so anyway: it would be the same tree.
   */
  readonly alike: PathTree<Set<Place>> | undefined
}

/** Throws for a pattern that cannot be matched. */
export function createRouteTable(routes: readonly Route[]): RouteTable {
  const hosts = new Map<string, Trees>()
  const split = routes.map((route) => ({ route, segments: segmentsOf(route.pattern) }))
  const several = new Set(
    split.flatMap(({ route, segments }) =>
      route.pattern === '/' || segments.every(isSimple) ? [] : [route.host.toLowerCase()],
    ),
  )
  for (const { route, segments } of split) {
    const names = segments.flatMap((segment) => (segment.kind === 'plain' ? [] : [segment.name]))
    const host = route.host.toLowerCase()
    const trees = getOrMake(hosts, host, () => ({
      written: new PathTree<Place>(),
      alike: several.has(host) ? new PathTree<Set<Place>>() : undefined,
    }))
    const place = trees.written.at(segments, () => new Map())
    trees.alike?.at(segments.filter(isSaid).map(lowered), () => new Set()).add(place)
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
 * A canonical path may still have "%40" where a pattern has "@", a fullwidth letter where it has a plain one, a capital where it has
 * a small one, or a slash at its end: one server reads both alike, another does not. Where that leads to two places, none
 * of them is what everybody means.
 */
function placeIn(trees: Trees | undefined, path: string): Found | 'ambiguous' | undefined {
  if (trees === undefined) return undefined
  const { written, alike } = trees
  const found = written.find(path)
  // Patterns hold none of what NFKC would change, so a reading without it leads nowhere else.
  const read = path.includes('%') ? decodeURIComponent(path).normalize('NFKC') : path
  const lower = (read.endsWith('/') ? read.slice(0, -1) : read).toLowerCase()
  if (alike === undefined) {
    const same = lower === path ? found : written.find(lower)
    return same === undefined || same.found === found?.found ? found : 'ambiguous'
  }
  const places = alike.find(lower)?.found
  return places === undefined || (found !== undefined && places.has(found.found)) ? found : 'ambiguous'
}

function isSimple(segment: Segment): boolean {
  return isSaid(segment) && (segment.kind !== 'plain' || segment.text === segment.text.toLowerCase())
}

/** Of "/a/" what comes after the last slash says nothing. */
function isSaid(segment: Segment): boolean {
  return segment.kind !== 'plain' || segment.text !== ''
}

function lowered(segment: Segment): Segment {
  return segment.kind === 'plain' ? { kind: 'plain', text: segment.text.toLowerCase() } : segment
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
