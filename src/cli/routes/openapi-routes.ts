import { LineCounter, parseDocument } from 'yaml'
import { lineOf, type Step } from '#cli/catalog/place.ts'
import { entitlementNeeds, type Needs, needs, securityNeeds } from './openapi-needs.ts'

export type OpenapiOptions = {
  readonly host: string
  readonly prefix?: string
  /** Whether scopes count as entitlements. */
  readonly security?: boolean
  /** What an operation needs that says nothing. */
  readonly default?: string
}

export type ImportedRoute = Needs & {
  readonly host: string
  readonly method: string
  readonly pattern: string
}

export type Imported = {
  readonly routes: readonly ImportedRoute[]
  readonly prefix: string
  /** The line of the operation that a route was made of. */
  readonly lineOf: (index: number) => number
  /** "line 12, GET /apps: …" */
  readonly problems: readonly string[]
}

type Fields = Readonly<Record<string, unknown>>
const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const
const plain = /^[A-Za-z0-9._~!$&'()+,=:@-]+$/

/** The routes of an OpenAPI 3 document, YAML or JSON, one for each operation. */
export function openapiRoutes(text: string, options: OpenapiOptions): Imported {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (...path: readonly Step[]) => lineOf(document.contents, path, lines)
  const none = { routes: [], prefix: '', lineOf: () => 1 }
  if (document.errors.length > 0) {
    const said = document.errors.map(({ pos, message }) => `line ${lines.linePos(pos[0]).line}: ${message}`)
    return { ...none, problems: said }
  }
  const root = fieldsOf(document.toJS({ maxAliasCount: 1000 }))
  if (typeof root.openapi !== 'string' || !root.openapi.startsWith('3.')) {
    return { ...none, problems: [`line ${at('openapi')}: this is no OpenAPI 3 document`] }
  }
  const prefix = options.prefix ?? serverPath(root.servers)
  if (prefix === undefined) {
    return { ...none, problems: [`line ${at('servers')}: the servers differ in their paths: give --prefix`] }
  }
  const routes: ImportedRoute[] = []
  const places: number[] = []
  const problems: string[] = []
  for (const [path, item] of Object.entries(fieldsOf(root.paths))) {
    const shape = patternOf(prefix, path)
    for (const method of methods) {
      const operation = fieldsOf(item)[method]
      if (operation === undefined) continue
      const line = at('paths', path, method)
      const say = (problem: string) =>
        problems.push(`line ${line}, ${method.toUpperCase()} ${path}: ${problem}`)
      const said = needsOf([fieldsOf(operation), fieldsOf(item), root], options)
      if (typeof shape === 'string') say(shape)
      else if (typeof said === 'string') say(said)
      else {
        const context = Object.entries(said.context).map(([field, name]) => [
          field,
          shape.names.get(name) ?? name,
        ])
        const { host } = options
        const route = { ...said, context: Object.fromEntries(context), host, method: method.toUpperCase() }
        routes.push({ ...route, pattern: shape.pattern })
        places.push(line)
      }
    }
  }
  return { routes, prefix, lineOf: (index) => places[index] ?? 1, problems }
}

/** The nearest that says anything says all: the operation, its path, the document. */
function needsOf(levels: readonly Fields[], options: OpenapiOptions): Needs | string {
  const own = levels.find((level) => Object.hasOwn(level, 'x-entitlements'))
  if (own !== undefined) return entitlementNeeds(own['x-entitlements'])
  const secured = levels.find((level) => Object.hasOwn(level, 'security'))
  if (options.security && secured !== undefined) return securityNeeds(secured.security)
  if (options.default !== undefined) return needs({ all_of: [options.default] })
  return 'nothing says what it needs: add x-entitlements, or give --security or --default'
}

type Shape = { readonly pattern: string; readonly names: ReadonlyMap<string, string> }

/** A path template as our pattern; names of parameters become snake_case. A text: why there is none. */
function patternOf(prefix: string, path: string): Shape | string {
  const names = new Map<string, string>()
  const segments = `${prefix.replace(/\/$/, '')}${path}`.split('/').map((segment) => {
    const name = /^\{([^{}]+)\}$/.exec(segment)?.[1]
    if (name === undefined) return segment
    names.set(name, snake(name))
    return `{${snake(name)}}`
  })
  const bad = segments.find(
    (each) => each !== '' && !plain.test(each) && !/^\{[a-z][a-z0-9_]{0,62}\}$/.test(each),
  )
  if (bad !== undefined) return `a route has no segment such as "${bad}"`
  if (new Set(names.values()).size < names.size) return 'two parameters come to the same name'
  return { pattern: segments.join('/'), names }
}

function snake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
}

/** Undefined where they differ. */
function serverPath(servers: unknown): string | undefined {
  const urls = Array.isArray(servers) ? servers.map((server) => String(fieldsOf(server).url ?? '')) : []
  const paths = new Set(
    urls.map((url) => url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replace(/\/$/, '')),
  )
  return paths.size > 1 ? undefined : ([...paths][0] ?? '')
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}
