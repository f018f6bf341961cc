import { canonicalHost } from '#core/canonical-host.ts'
import { json, orElse } from './columns.ts'
import { invalid } from './invalid.ts'
import { type Columns, resource } from './resource.ts'

export type RouteDocument = {
  readonly id: string
  readonly host: string
  readonly method: string
  readonly pattern: string
  readonly public: boolean
  readonly any_of: readonly string[]
  readonly all_of: readonly string[]
  readonly context: Readonly<Record<string, string>>
  readonly partial_body: boolean
  readonly etag?: string
}

/** A route that asks for nothing has to say that it is public: refused otherwise. */
export const {
  create: createRoute,
  get: getRoute,
  list: listRoutes,
  update: updateRoute,
  remove: deleteRoute,
} = resource<RouteDocument>({
  noun: 'route',
  table: 'routes',
  name: 'id',
  prefix: 'rte',
  document: (tx) => tx`jsonb_build_object('id', 'rte_' || r.id, 'host', r.host, 'method', r.method,
    'pattern', r.pattern, 'public', r.public, 'any_of', to_jsonb(r.any_of), 'all_of', to_jsonb(r.all_of),
    'context', r.context, 'partial_body', r.partial_body)`,
  fields: {
    host: host(),
    method: orElse('method', '*'),
    pattern: pattern(),
    public: (isPublic: boolean) => ({ public: isPublic }),
    any_of: (keys: readonly string[]) => ({ any_of: [...keys] }),
    all_of: (keys: readonly string[]) => ({ all_of: [...keys] }),
    context: json('context', {}),
    partial_body: orElse('partial_body', false),
  },
  fixed: ['host', 'method', 'pattern'],
  check: checkRoute,
})

function checkRoute(route: RouteDocument): void {
  if (route.public !== (route.any_of.length + route.all_of.length === 0)) {
    throw invalid('public', 'A route needs entitlements, or is public and needs none.')
  }
  const named = namesOf(route.pattern)
  const stray = Object.values(route.context).find((name) => !named.includes(name))
  if (stray !== undefined) throw invalid('context', `The pattern has no parameter {${stray}}.`)
}

// A host that no request can have would leave its requests to wider routes.
function host(): Columns {
  return (text = '') => {
    const said = text === '' ? '*' : text
    if (said !== '*' && canonicalHost(said) !== said.toLowerCase()) {
      throw invalid('host', 'A host is a name or an address without a port, or "*" for any.')
    }
    return { host: said }
  }
}

// What a canonical path can hold (src/core/canonical-path.ts); "{rest...}" takes the segments that are left.
const segment = /^(\{[a-z][a-z0-9_]{0,62}(\.\.\.)?\}|[A-Za-z0-9._~!$&'()+,=:@-]+)$/

// One spelling for one path: what a client may write differently is refused, not matched.
function pattern(): Columns {
  return (text: string) => {
    const segments = text.split('/').slice(1)
    const last = segments.length - 1
    const proper = segments.every((each, at) => {
      if (each === '') return at === last
      return segment.test(each) && !/^\.{1,2}$/.test(each) && (at === last || !each.endsWith('...}'))
    })
    if (!text.startsWith('/') || !proper) {
      throw invalid(
        'pattern',
        'A pattern is a path of plain segments and {parameters}, its last one also {rest...}.',
      )
    }
    const names = namesOf(text)
    if (new Set(names).size < names.length) throw invalid('pattern', 'A parameter is named twice.')
    return { pattern: text }
  }
}

function namesOf(pattern: string): readonly string[] {
  return [...pattern.matchAll(/\{([a-z0-9_]+)(?:\.\.\.)?\}/g)].map(([, name = '']) => name)
}
