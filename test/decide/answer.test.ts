import { expect, test } from 'vitest'
import { shownFixes, shownReasons } from '#decide/answer.ts'
import { activeBundle } from '#test/fixtures/active-bundle.ts'
import { viewOf } from '#test/fixtures/view.ts'
import { service } from './asking.ts'

const organization = '01990000-0000-7000-8000-0000000000a1'
const pool = '01990000-0000-7000-8000-0000000000b1'
const of = {
  bundle: await activeBundle(),
  view: viewOf({ organizations: [{ id: organization, key: 'acme', path: [organization] }] }),
}

test('a reason and its fix name an organization and a pool as the API takes them again', () => {
  const params = { organization, pool }
  const named = { organization: 'acme', pool: `pol_${pool}` }
  const [reason] = shownReasons(of, service, [{ code: 'SEAT_REQUIRED', params }])
  expect(reason).toMatchObject({ params: named, text: expect.stringContaining('acme') })
  const [fix] = shownFixes(of, service, [{ action: 'assign_seat', params }])
  expect(fix).toMatchObject({ params: named, text: expect.stringContaining(`pol_${pool}`) })
})

test('an organization that is gone keeps its id', () => {
  const [reason] = shownReasons({ ...of, view: viewOf({}) }, service, [
    { code: 'SEAT_REQUIRED', params: { organization } },
  ])
  expect(reason?.params).toEqual({ organization: `org_${organization}` })
})

test('a gateway shows its answers to strangers: it gets codes alone', () => {
  const gateway = { ...service, roles: ['gateway'] } as const
  const said = { params: { organization } }
  expect(shownReasons(of, gateway, [{ code: 'SEAT_REQUIRED', ...said }])).toEqual([
    { code: 'SEAT_REQUIRED', params: {} },
  ])
  expect(shownFixes(of, gateway, [{ action: 'assign_seat', ...said }])).toEqual([])
})
