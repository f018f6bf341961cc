import { expect, test } from 'vitest'
import { openapiRoutes } from '#cli/routes/openapi-routes.ts'

const any = { host: '*' }
const document = `openapi: 3.1.0
servers: [{url: https://api.example/v2}]
x-entitlements: base
paths:
  /open:
    get: {x-entitlements: {public: true}}
  /orgs/{orgId}/files/{file-name}:
    x-entitlements: {any_of: [files, admin], context: {organization: orgId}}
    get: {}
    delete: {x-entitlements: [files, delete]}
  /rest:
    post: {}
`

test('S000-12 an OpenAPI document becomes one route for each operation, the nearest word counting', () => {
  const { routes, problems } = openapiRoutes(document, any)
  expect(problems).toEqual([])
  const needs = { host: '*', public: false, any_of: [], all_of: [], context: {}, partial_body: false }
  expect(routes).toEqual([
    { ...needs, method: 'GET', pattern: '/v2/open', public: true },
    {
      ...needs,
      method: 'GET',
      pattern: '/v2/orgs/{org_id}/files/{file_name}',
      any_of: ['files', 'admin'],
      context: { organization: 'org_id' },
    },
    {
      ...needs,
      method: 'DELETE',
      pattern: '/v2/orgs/{org_id}/files/{file_name}',
      all_of: ['files', 'delete'],
    },
    { ...needs, method: 'POST', pattern: '/v2/rest', all_of: ['base'] },
  ])
})

const operation = (text: string) => `openapi: 3.0.3\npaths:\n  /a/{id}:\n    get: ${text}\n`

test.each([
  ['[{oauth: [read, write]}]', { all_of: ['read', 'write'] }],
  ['[{oauth: [read]}, {key: [admin]}]', { any_of: ['read', 'admin'] }],
  ['[]', { public: true }],
  ['[{oauth: [read]}, {}]', { public: true }],
])('the scopes of security %s', (security, needs) => {
  const text = operation(`{security: ${security}}`)
  expect(openapiRoutes(text, { ...any, security: true }).routes).toMatchObject([needs])
  expect(openapiRoutes(text, any).problems).toEqual([expect.stringContaining('nothing says what it needs')])
})

test.each([
  ['an operation that says nothing', operation('{}'), 'line 4, GET /a/{id}: nothing says what it needs'],
  ['an unknown field', operation('{x-entitlements: {anyOf: [a]}}'), 'has no field anyOf'],
  ['nothing needed and not public', operation('{x-entitlements: {any_of: []}}'), 'or says public: true'],
  ['public and a need', operation('{x-entitlements: {public: true, any_of: [a]}}'), 'or says public: true'],
  ['a word for a yes', operation('{x-entitlements: {all_of: [a], partial_body: yes!}}'), 'true or false'],
  ['a number for a key', operation('{x-entitlements: [1]}'), 'lists of keys'],
  [
    'a segment with more than a parameter',
    operation('{x-entitlements: a}').replace('/{id}', '/{id}.json'),
    'no segment such as',
  ],
  ['broken YAML', 'openapi: [', 'line'],
  ['a Swagger document', 'swagger: "2.0"', 'no OpenAPI 3 document'],
  [
    'servers that differ',
    `${operation('{x-entitlements: a}')}servers: [{url: /v1}, {url: /v2}]`,
    'give --prefix',
  ],
])('%s is refused with its line', (_case, text, problem) => {
  const { problems, routes } = openapiRoutes(text, any)
  expect(problems).toEqual([expect.stringContaining(problem)])
  expect(problems[0]).toMatch(/^line \d+/)
  expect(routes).toEqual([])
})

test('what says nothing needs the default, where one is given', () => {
  const { routes } = openapiRoutes(operation('{}'), { ...any, default: 'member', prefix: '/api/' })
  expect(routes).toMatchObject([{ pattern: '/api/a/{id}', all_of: ['member'] }])
})
