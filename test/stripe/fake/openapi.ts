// Holds what the fake says against Stripe's OpenAPI. Schemas refer to nearly all others, so each is compiled when the
// first value reaches it, and not before. What a schema does not list is refused: a field that Stripe no longer has
// would otherwise go unnoticed.
import { readFile } from 'node:fs/promises'
import { Ajv, type ErrorObject } from 'ajv'
import { locateSpec } from '#test/stripe/locate-stripe-mock.ts'

type Schema = { readonly [key: string]: unknown }
type Operation = {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly responses: {
    readonly [status: string]: {
      readonly content: { readonly 'application/json': { readonly schema: Schema } }
    }
  }
  readonly requestBody?: { readonly content: { readonly [type: string]: { readonly schema: Schema } } }
}
type Spec = {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
  readonly components: { readonly schemas: { readonly [name: string]: Schema } }
}

export type OpenApi = {
  /** Throws where Stripe would not answer so, or would not know the path or a parameter. */
  readonly checkAnswer: (
    method: string,
    path: string,
    query: readonly string[],
    status: number,
    body: unknown,
  ) => void
  /** An object of Stripe by its `object` field. */
  readonly checkObject: (name: string, value: unknown) => void
  /** Whether Stripe sends events of this type. */
  readonly checkEventType: (type: string) => void
}

let loaded: Promise<OpenApi | { readonly missing: string }> | undefined

export function loadOpenApi(): Promise<OpenApi | { readonly missing: string }> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<OpenApi | { readonly missing: string }> {
  const found = await locateSpec()
  if ('missing' in found) return found
  return openApi(JSON.parse(await readFile(found.path, 'utf8')) as Spec)
}

function openApi(spec: Spec): OpenApi {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  const named = new Map<string, (value: unknown) => readonly ErrorObject[]>()
  const inline = new WeakMap<Schema, (value: unknown) => readonly ErrorObject[]>()
  const compile = (schema: Schema) => {
    const validate = ajv.compile(closed(schema))
    return (value: unknown) => (validate(value) ? [] : (validate.errors ?? []))
  }
  const ofName = (name: string) => {
    const schema = spec.components.schemas[name]
    if (!schema) throw new Error(`Stripe has no ${name}.`)
    const known = named.get(name) ?? compile(schema)
    named.set(name, known)
    return known
  }
  const follow = Object.assign(
    (name: string, value: unknown): boolean => {
      const errors = ofName(name)(value)
      Object.assign(follow, { errors })
      return errors.length === 0
    },
    { errors: [] as readonly ErrorObject[] },
  )
  ajv.addKeyword({ keyword: 'follow', validate: follow as never, errors: true })

  const check = (what: string, errors: readonly ErrorObject[]): void => {
    if (errors.length === 0) return
    const said = errors.map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    )
    throw new Error(`The fake is not like Stripe: ${what}: ${said.slice(0, 8).join('; ')}`)
  }
  const paths = Object.entries(spec.paths).map(([path, operations]) => ({
    // A literal path is meant before one with a parameter.
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
    open: path.includes('{'),
    operations,
  }))
  const types = eventTypes(spec)
  return {
    checkAnswer: (method, path, query, status, body) => {
      const candidates = paths.filter(
        (each) => each.pattern.test(path) && each.operations[method.toLowerCase()],
      )
      const operation = (candidates.find((each) => !each.open) ?? candidates[0])?.operations[
        method.toLowerCase()
      ]
      if (!operation) throw new Error(`Stripe has no ${method} ${path}.`)
      const names = new Set(
        operation.parameters?.filter((each) => each.in === 'query').map((each) => each.name),
      )
      const unknown = query.filter((name) => !names.has(name.replace(/\[.*$/, '')))
      if (unknown.length > 0) throw new Error(`Stripe's ${method} ${path} does not know ${unknown.join()}.`)
      const schema = (operation.responses[status] ?? operation.responses.default)?.content['application/json']
        .schema
      if (!schema) return
      const validate = inline.get(schema) ?? compile(schema)
      inline.set(schema, validate)
      check(`${method} ${path}`, validate(body))
    },
    checkObject: (name, value) => check(name, ofName(name)(value)),
    checkEventType: (type) => {
      if (!types.has(type)) throw new Error(`Stripe sends no ${type}.`)
    },
  }
}

/** What a webhook endpoint may ask for is what there is. */
function eventTypes(spec: Spec): ReadonlySet<string> {
  const form =
    spec.paths['/v1/webhook_endpoints']?.post?.requestBody?.content['application/x-www-form-urlencoded']
  const properties = form?.schema.properties as {
    readonly enabled_events: { readonly items: { readonly enum: readonly string[] } }
  }
  return new Set(properties.enabled_events.items.enum)
}

/** The schema in the words of JSON Schema, closed against what it does not list; references are followed when reached. */
function closed(schema: unknown): object {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema as unknown as object
  const { $ref, nullable, ...rest } = schema as Schema
  if (typeof $ref === 'string') return { follow: $ref.replace('#/components/schemas/', '') }
  const said: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(rest)) {
    if (key.startsWith('x-') || key === 'description' || key === 'title') continue
    if (key === 'properties')
      said.properties = Object.fromEntries(
        Object.entries(value as object).map(([name, each]) => [name, closed(each)]),
      )
    else if (key === 'enum' || key === 'required') said[key] = value
    else said[key] = closed(value)
  }
  if (said.properties && said.additionalProperties === undefined && said.type === 'object')
    said.additionalProperties = false
  return nullable ? { anyOf: [{ type: 'null' }, said] } : said
}
