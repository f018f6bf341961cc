import type { Route } from '#core/route.ts'
import type { Ask } from './door.ts'

/** A question as a request of a client, and the route that makes the question of it again. */
export function routeOf(ask: Ask): { readonly route: Omit<Route, 'id'>; readonly target: string } {
  const { entitlement, resource, organization, module, attributes = {} } = ask
  const said = Object.entries({ organization, module, ...attributes }).filter(
    (field): field is [string, string] => typeof field[1] === 'string',
  )
  const fields = [...said, ...(resource ? [[resource.kind, resource.id] as const] : [])]
  const params = said.map(([name]) => `{${name}}`)
  // An id may have slashes.
  if (resource) params.push(`{${resource.kind}...}`)
  const place = ['ask', entitlement, fields.map(([name]) => name).join('.') || 'nothing']
  const values = fields.flatMap(([, value]) => value.split('/').map(encodeURIComponent))
  return {
    route: {
      host: '*',
      method: 'GET',
      pattern: `/${[...place, ...params].join('/')}`,
      public: false,
      all_of: [entitlement],
      any_of: [],
      context: Object.fromEntries(fields.map(([name]) => [name, name])),
    },
    target: `/${[...place, ...values].join('/')}`,
  }
}
