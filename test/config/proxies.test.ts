import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadConfig } from '#config'
import { ConfigError } from '#config/config-error.ts'

const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-proxies-'))
const file = join(folder, 'vouchsafe.yaml')
writeFileSync(file, '')
afterAll(() => rmSync(folder, { recursive: true }))

const load = (env: Readonly<Record<string, string>>) => loadConfig({ env, file })
const problemsOf = (env: Readonly<Record<string, string>>) => {
  try {
    load(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}
const trusting = (proxies: string) => ({ VOUCHSAFE_TRUSTED_PROXIES: proxies })

test('V38 nobody is trusted who is not listed', () => {
  expect(load({}).trustedProxies ?? []).toEqual([])
  expect(load(trusting('127.0.0.1, 10.2.0.0/16,fd00::/8')).trustedProxies).toEqual([
    { family: 'ipv4', address: '127.0.0.1', bits: 32 },
    { family: 'ipv4', address: '10.2.0.0', bits: 16 },
    { family: 'ipv6', address: 'fd00::', bits: 8 },
  ])
})

test.each(['0.0.0.0/0', '::/0', '10.0.0.1,::/0', '0.0.0.0/1,128.0.0.0/1', '2000::/3', '::/1', '64.0.0.0/7'])(
  'V38 %s is refused without its override',
  (proxies) => {
    expect(problemsOf(trusting(proxies))).toEqual([expect.stringContaining('VOUCHSAFE_TRUST_ANY_PROXY')])
    expect(problemsOf({ ...trusting(proxies), VOUCHSAFE_TRUST_ANY_PROXY: 'on' })).toEqual([])
  },
)

test.each([
  '010.0.0.1',
  '10.0.0.1/08',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/',
  '10.0.0',
  'fe80::1%eth0',
  '::ffff:10.0.0.1',
  '::ffff:0.0.0.0/96',
  '::ffff:0:0/96',
  '::1/129',
  'proxy.example',
  '*',
  '10.0.0.1,,',
])('V70 %s is no list of networks', (proxies) => {
  expect(problemsOf(trusting(proxies))).toEqual([expect.stringContaining('VOUCHSAFE_TRUSTED_PROXIES')])
})

test('S002-22 S002-44 test headers are off, and refused together with an address beyond loopback', () => {
  expect(load({}).testHeaders).toBe('off')
  expect(load({ VOUCHSAFE_TEST_HEADERS: 'on' }).testHeaders).toBe('on')
  for (const name of ['VOUCHSAFE_GRPC_ADDRESS', 'VOUCHSAFE_HTTP_ADDRESS', 'VOUCHSAFE_OPS_ADDRESS']) {
    const problems = problemsOf({ VOUCHSAFE_TEST_HEADERS: 'on', [name]: '0.0.0.0:7999' })
    expect(problems).toContainEqual(expect.stringContaining('VOUCHSAFE_TEST_HEADERS'))
  }
})

test('V38 V45 where anybody is a trusted proxy, nobody is taken for the gateway without its key', () => {
  const everybody = { ...trusting('0.0.0.0/0'), VOUCHSAFE_TRUST_ANY_PROXY: 'on' }
  const key = { VOUCHSAFE_OPA_GATEWAY_KEY: 'vch_key' }
  expect(problemsOf({ ...everybody, ...key })).toEqual([expect.stringContaining('VOUCHSAFE_OPA_GATEWAY_KEY')])
  expect(problemsOf({ ...trusting('10.0.0.7'), ...key })).toEqual([])
  expect(problemsOf(everybody)).toEqual([])
})
