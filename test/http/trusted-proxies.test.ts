import { expect, test } from 'vitest'
import { networks } from '#config/networks.ts'
import { peerAddress } from '#http/peer-address.ts'
import { createTrustedProxies } from '#http/trusted-proxies.ts'

test.each([
  ['10.2.3.4', '10.2.3.4'],
  ['::ffff:10.2.3.4', '10.2.3.4'],
  ['::FFFF:0a02:0304', '10.2.3.4'],
  ['0:0:0:0:0:ffff:10.2.3.4', '10.2.3.4'],
  ['::1', '::1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['FD00:0::00AB', 'fd00::ab'],
  ['fe80::1%eth0', undefined],
  ['::ffff:10.2.3.4%1', undefined],
  ['010.2.3.4', undefined],
  ['10.2.3.04', undefined],
  ['10.2.3', undefined],
  ['10.2.3.4, 10.2.3.5', undefined],
  ['167903236', undefined],
  ['', undefined],
  [undefined, undefined],
])('V70 the peer %s is %s', (text, address) => {
  expect(peerAddress(text)?.address).toBe(address)
})

test('V38 V70 a proxy is trusted by its own address alone', () => {
  const trusted = createTrustedProxies(networks('10.2.0.0/16,127.0.0.1,fd00::/8'))
  for (const peer of ['10.2.3.4', '::ffff:10.2.3.4', '127.0.0.1', 'fd12::1']) expect(trusted(peer)).toBe(true)
  for (const peer of [
    '10.3.0.1',
    '127.0.0.2',
    '::1',
    'fe00::1',
    '::ffff:10.3.0.1',
    '::10.2.3.4',
    undefined,
    '',
  ]) {
    expect(trusted(peer), peer).toBe(false)
  }
})

test('V38 an empty list trusts nobody, and an IPv6 network no IPv4 address', () => {
  for (const peer of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    expect(createTrustedProxies([])(peer)).toBe(false)
  }
  const sixes = createTrustedProxies([{ family: 'ipv6', address: '::', bits: 0 }])
  expect(sixes('10.0.0.1')).toBe(false)
  expect(sixes('::ffff:10.0.0.1')).toBe(false)
  expect(sixes('2001:db8::1')).toBe(true)
})
