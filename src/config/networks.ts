import { isIP, SocketAddress } from 'node:net'
import type { Network } from '#core/network.ts'
import { list } from './parse.ts'
import { Refused } from './setting.ts'

/** "127.0.0.1, 10.2.0.0/16, fd00::/8": each in the one form in which the addresses of peers are compared. */
export function networks(text: string): readonly Network[] {
  return list(text).map(network)
}

function network(text: string): Network {
  const [, address = '', prefix] = /^([0-9A-Fa-f.:]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? []
  const family = isIP(address)
  const most = family === 6 ? 128 : 32
  const bits = prefix === undefined ? most : Number(prefix)
  if (family === 0 || bits > most) {
    throw new Refused('is a list of addresses and networks, such as 127.0.0.1,10.2.0.0/16')
  }
  // Peers of that kind are compared as IPv4.
  if (family === 6 && new SocketAddress({ address, family: 'ipv6' }).address.includes('.'))
    throw new Refused('has IPv4 written as IPv6: write it as IPv4')
  return { family: family === 6 ? 'ipv6' : 'ipv4', address, bits }
}
