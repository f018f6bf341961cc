import { expect, test } from 'vitest'
import { keptLog } from '#test/identity/fixtures.ts'
import { forwardAuthDoor, token } from './door.ts'

const hyops = (sub: string, entitlements = '', tier = '') =>
  [
    ['x-hyops-sub', sub],
    ...(entitlements === '' ? [] : [['x-hyops-entitlements', entitlements] as const]),
    ...(tier === '' ? [] : [['x-hyops-tier', tier] as const]),
  ] as const

test('S002-44 where they are believed, test headers say who asks and what is claimed', async () => {
  await using door = await forwardAuthDoor({ testHeaders: true })
  expect(await door.caddy('/docs/a', hyops('zoe', 'docs,tests', 'pro'))).toMatchObject({
    status: 200,
    headers: { 'x-vouchsafe-subject': 'x-hyops|zoe', 'x-vouchsafe-tier': 'pro' },
  })
  expect(await door.caddy('/tests', hyops('zoe', 'docs'))).toMatchObject({ status: 403 })
  expect(await door.caddy('/docs/a', hyops('zoe'))).toMatchObject({ status: 403 })
  expect(await door.caddy('/docs/a')).toMatchObject({ status: 401 })
  const bearer = ['authorization', `Bearer ${await token()}`] as const
  expect(await door.caddy('/docs/a', [bearer])).toMatchObject({ status: 200 })
})

test('S002-22 S002-44 test headers are off by default, and taken from no peer that is not trusted', async () => {
  await using off = await forwardAuthDoor()
  expect(await off.caddy('/docs/a', hyops('zoe', 'docs'))).toMatchObject({ status: 401 })
  await using stranger = await forwardAuthDoor({ testHeaders: true }, '')
  expect(await stranger.caddy('/docs/a', hyops('zoe', 'docs'))).toMatchObject({ status: 403 })
})

test('S002-44 test headers beside a token, there twice or malformed are nobody’s', async () => {
  await using door = await forwardAuthDoor({ testHeaders: true })
  const bearer = ['authorization', `Bearer ${await token()}`] as const
  for (const headers of [
    [...hyops('zoe', 'docs'), bearer],
    [...hyops('zoe', 'docs'), ['x-hyops-sub', 'eve'] as const],
    [['x-hyops-entitlements', 'docs'] as const],
    hyops('two words', 'docs'),
    hyops('zoe', 'docs,,tests'),
    hyops('zoe', 'DOCS'),
    hyops('sub_unheard', 'docs'),
    hyops('zoe', 'docs', 'pro plus'),
  ]) {
    expect(await door.caddy('/docs/a', headers), JSON.stringify(headers)).toMatchObject({ status: 401 })
  }
})

test('S002-44 the log says at the start that test headers are believed', async () => {
  const log = keptLog()
  await using _on = await forwardAuthDoor({ testHeaders: true, log })
  expect(JSON.stringify(log)).toMatch(/VOUCHSAFE_TEST_HEADERS/)
  const quiet = keptLog()
  await using _off = await forwardAuthDoor({ log: quiet })
  expect(JSON.stringify(quiet)).not.toMatch(/VOUCHSAFE_TEST_HEADERS/)
})
