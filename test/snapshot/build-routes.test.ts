import { expect, test } from 'vitest'
import { buildRoutes } from '#snapshot/build-routes.ts'

const row = {
  id: '01990000-0000-7000-8000-000000000001',
  host: '*',
  method: '*',
  pattern: '/a',
  public: true,
  any_of: [],
  all_of: [],
  context: {},
}

test('HARDENING C.5 a route lets a part of a body pass only where its row says so', () => {
  const poison: string[] = []
  const said = (more: object) =>
    buildRoutes([{ ...row, ...more }], (table) => void poison.push(table)).match('GET', 'h', '/a')[0]?.route
  expect(said({ partial_body: true })?.partial_body).toBe(true)
  expect(said({ partial_body: false })?.partial_body).toBe(false)
  // As servers wrote it before.
  expect(said({})?.partial_body).toBe(false)
  expect(poison).toEqual([])
  expect(said({ partial_body: 'true' })).toMatchObject({ public: false, all_of: ['!'] })
  expect(poison).toEqual(['routes'])
})
