import { BlockList } from 'node:net'
import type { Network } from '#core/network.ts'
import { peerAddress } from './peer-address.ts'

/** Whether what a peer says of a client is believed. An empty list trusts nobody. */
export function createTrustedProxies(networks: readonly Network[]): (peer: string | undefined) => boolean {
  // One for each family: an IPv6 network never holds an IPv4 address.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const { family, address, bits } of networks) lists[family].addSubnet(address, bits, family)
  return (text) => {
    const peer = peerAddress(text)
    return peer !== undefined && lists[peer.family].check(peer.address, peer.family)
  }
}
