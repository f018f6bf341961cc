import createRouter from 'find-my-way'
import type { MatchedRoute, Route, RouteTable } from '#core/route.ts'

/** What a place in the path tree holds: its routes by method, each with the names of its parameters in their order. */
type Place = Map<string, { readonly route: Route; readonly names: readonly string[] }[]>
type Router = ReturnType<typeof createRouter>

// The tree is of paths; methods are looked up in the place that it finds.
const treeMethod = 'GET'

/** Throws for a pattern that cannot be matched. */
export function createRouteTable(routes: readonly Route[]): RouteTable {
  const hosts = new Map<string, Map<string, Place>>()
  for (const route of routes) {
    const host = route.host.toLowerCase()
    const { shape, names } = shapeOf(route.pattern)
    const places = getOrMake(hosts, host, () => new Map<string, Place>())
    const place = getOrMake(places, shape, () => new Map())
    getOrMake(place, route.method, () => []).push({ route, names })
  }
  const routers = new Map([...hosts].map(([host, places]) => [host, routerOf(places)]))
  const anyHost = routers.get('*')
  return {
    size: routes.length,
    match(method, host, path) {
      const own = routers.get(host)
      const matched = own === undefined ? [] : matchIn(own, method, path)
      return matched.length > 0 || anyHost === undefined ? matched : matchIn(anyHost, method, path)
    },
  }
}

function routerOf(places: ReadonlyMap<string, Place>): Router {
  const router = createRouter({ maxParamLength: 8192 })
  for (const [shape, place] of places) router.on(treeMethod, shape, () => {}, place)
  return router
}

function matchIn(router: Router, method: string, path: string): readonly MatchedRoute[] {
  const found = router.find(treeMethod, path)
  if (found === null) return []
  const place = found.store as Place
  const routes =
    place.get(method) ?? (method === 'HEAD' ? place.get('GET') : undefined) ?? place.get('*') ?? []
  return routes.map(({ route, names }) => ({ route, params: paramsOf(names, found.params) }))
}

function paramsOf(names: readonly string[], values: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(names.map((name, n) => [name, values[`p${n}`] ?? values['*'] ?? '']))
}

/** Parameters by their place, so that patterns which differ in their names alone share one. */
function shapeOf(pattern: string): { readonly shape: string; readonly names: readonly string[] } {
  const names: string[] = []
  const shape = pattern
    .split('/')
    .map((segment) => {
      const name = /^\{([^{}]*?)(\.\.\.)?\}$/.exec(segment)
      if (name === null) return segment.replaceAll(':', '::')
      names.push(name[1] as string)
      return name[2] === undefined ? `:p${names.length - 1}` : '*'
    })
    .join('/')
  return { shape, names }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
