import { expect, test } from 'vitest'
import type { Route } from '#core/route.ts'
import { matchRoutes } from '#main/match-routes.ts'
import { createRouteTable } from '#snapshot/route-table.ts'

const route = (id: string, pattern: string, more: Partial<Route> = {}): Route => ({
  id,
  host: '*',
  method: '*',
  pattern,
  public: false,
  any_of: ['k'],
  all_of: [],
  context: {},
  ...more,
})

function matcher(...routes: Route[]) {
  const table = createRouteTable(routes)
  return (method: string, host: string, path: string) =>
    table.match(method, host, path).map((each) => [each.route.id, each.params])
}

test('V26 a place of a host that lacks the method lets it through to no route of any host', () => {
  const match = matcher(
    route('own', '/admin/{page}', { host: 'api.example', method: 'GET' }),
    route('any', '/{rest...}', { public: true, any_of: [] }),
  )
  expect(match('GET', 'api.example', '/admin/users')).toEqual([['own', { page: 'users' }]])
  expect(match('DELETE', 'api.example', '/admin/users')).toEqual([])
  expect(match('DELETE', 'api.example', '/open')).toEqual([['any', { rest: 'open' }]])
  expect(match('DELETE', 'other.example', '/admin/users')).toEqual([['any', { rest: 'admin/users' }]])
})

test('V26 a plain segment that a client escapes is no way past its route, nor into it', () => {
  const match = matcher(
    route('admin', '/@admin/{page}'),
    route('open', '/{user}/{page}', { public: true, any_of: [] }),
    route('export', '/v1/docs:export'),
    route('docs', '/v1/{rest...}', { public: true, any_of: [] }),
  )
  expect(match('GET', 'h', '/@admin/x')).toEqual([['admin', { page: 'x' }]])
  // One server reads it as "@admin", another as a user's name: there is no route that both mean.
  expect(match('GET', 'h', '/%40admin/x')).toEqual([])
  expect(match('GET', 'h', '/v1/docs%3Aexport')).toEqual([])
  expect(match('GET', 'h', '/v1/docs%3aexport')).toEqual([])
  expect(match('GET', 'h', '/me%40example.com/a%2Bb')).toEqual([
    ['open', { user: 'me@example.com', page: 'a+b' }],
  ])
})

test('V26 letters that a normaliser would make others are no way past a plain segment', () => {
  const match = matcher(
    route('admin', '/admin/{page}'),
    route('open', '/{user}/{page}', { public: true, any_of: [] }),
  )
  // A fullwidth "a", then "a" and "n", and a mathematical "n".
  for (const written of ['%EF%BD%81dmin', '%ef%bd%81dmi%ef%bd%8e', 'admi%F0%9D%90%A7']) {
    expect(match('GET', 'h', `/${written}/x`), written).toEqual([])
  }
  // Which leads to the same place in every reading.
  const kana = encodeURIComponent('ﾊﾞｽ')
  expect(match('GET', 'h', `/${kana}/%EF%BD%81`)).toEqual([['open', { user: 'ﾊﾞｽ', page: 'ａ' }]])
})

test('V26 a slash at the end and other capitals are no way past a route to a wider one', () => {
  const match = matcher(
    route('admin', '/admin'),
    route('docs', '/docs/{page}'),
    route('own', '/own', { host: 'api.example' }),
    route('wide', '/{rest...}', { public: true, any_of: [] }),
  )
  for (const path of ['/admin/', '/Admin', '/ADMIN/', '/docs/a/', '/Docs/a', '/%EF%BC%A1dmin']) {
    expect(match('GET', 'h', path), path).toEqual([])
  }
  for (const path of ['/own/', '/OWN']) expect(match('GET', 'api.example', path), path).toEqual([])
  expect(match('GET', 'h', '/own/')).toEqual([['wide', { rest: 'own/' }]])
  expect(match('GET', 'h', '/Other/a/')).toEqual([['wide', { rest: 'Other/a/' }]])
  expect(match('GET', 'h', '/docs/A')).toEqual([['docs', { page: 'A' }]])
})

test('V26 routes that say themselves that they differ in a slash or in capitals are each what they say', () => {
  const match = matcher(route('file', '/a'), route('folder', '/a/'), route('large', '/A'), route('root', '/'))
  const found = ['/a', '/a/', '/A', '/'].map((path) => match('GET', 'h', path).map(([id]) => id))
  expect(found).toEqual([['file'], ['folder'], ['large'], ['root']])
  expect(match('GET', 'h', '/A/')).toEqual([])
})

test('V26 a host does not leave to any host what is written in two ways', () => {
  const match = matcher(
    route('own', '/@admin', { host: 'api.example' }),
    route('any', '/{page}', { public: true, any_of: [] }),
  )
  expect(match('GET', 'api.example', '/%40admin')).toEqual([])
  expect(match('GET', 'api.example', '/%40other')).toEqual([['any', { page: '@other' }]])
})

test('what the command line shows of a host is what a gateway’s request gets', () => {
  const match = matchRoutes([
    route('own', '/a', { host: 'api.example' }),
    route('any', '/a', { public: true, any_of: [] }),
  ])
  for (const host of ['api.example', 'API.example:8443', 'api.example.', 'api.example.:80']) {
    expect(match('GET', host, '/a')).toMatchObject({ routes: [{ id: 'own' }] })
  }
  expect(match('GET', '*', '/a')).toMatchObject({ routes: [{ id: 'any' }] })
})
