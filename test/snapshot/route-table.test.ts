import { expect, test } from 'vitest'
import type { Route } from '#core/route.ts'
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

test('S000-12 a plain segment comes before a parameter, that before a rest', () => {
  const match = matcher(
    route('rest', '/apps/{rest...}'),
    route('app', '/apps/{app}'),
    route('own', '/apps/own'),
  )
  expect(match('GET', 'h', '/apps/own')).toEqual([['own', {}]])
  expect(match('GET', 'h', '/apps/b%20c')).toEqual([['app', { app: 'b c' }]])
  expect(match('GET', 'h', '/apps/b/c')).toEqual([['rest', { rest: 'b/c' }]])
  expect(match('GET', 'h', '/apps')).toEqual([])
  expect(match('GET', 'h', '/Apps/own')).toEqual([])
  expect(match('GET', 'h', '/apps/own/')).not.toContainEqual(['own', {}])
})

test('S000-12 a place that lacks the method lets it through to no wider route', () => {
  const match = matcher(route('me', '/users/me', { method: 'GET' }), route('any', '/users/{id}'))
  expect(match('GET', 'h', '/users/me')).toEqual([['me', {}]])
  expect(match('HEAD', 'h', '/users/me')).toEqual([['me', {}]])
  expect(match('DELETE', 'h', '/users/me')).toEqual([])
  expect(match('DELETE', 'h', '/users/you')).toEqual([['any', { id: 'you' }]])
})

test('S000-12 a host comes before any host', () => {
  const match = matcher(route('any', '/a'), route('own', '/a', { host: 'API.example' }), route('b', '/b'))
  expect(match('GET', 'api.example', '/a')).toEqual([['own', {}]])
  expect(match('GET', 'other.example', '/a')).toEqual([['any', {}]])
  expect(match('GET', 'api.example', '/b')).toEqual([['b', {}]])
})

test('S000-12 two that differ in the names of their parameters are both found', () => {
  const match = matcher(route('one', '/a/{x}/b'), route('two', '/a/{y}/b'))
  expect(match('GET', 'h', '/a/1/b')).toEqual([
    ['one', { x: '1' }],
    ['two', { y: '1' }],
  ])
})

test('V54 names of parameters and segments that objects know are just names', () => {
  const match = matcher(route('p', '/__proto__/{constructor}'), route('colon', '/v1/docs:export'))
  const [[id, params] = []] = match('GET', '__proto__', '/__proto__/toString') as [string, object][]
  expect(id).toBe('p')
  expect(Object.entries(params as object)).toEqual([['constructor', 'toString']])
  expect(match('GET', 'h', '/v1/docs:export')).toEqual([['colon', {}]])
  expect(match('GET', 'h', '/v1/docs')).toEqual([])
})
