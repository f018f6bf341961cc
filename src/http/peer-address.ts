import { isIP, SocketAddress } from 'node:net'

export type PeerAddress = { readonly family: 'ipv4' | 'ipv6'; readonly address: string }

/**
 * The one form of a peer's address: IPv4 within IPv6 is IPv4. Undefined for what is no whole address by itself: leading
 * zeros, which some read as octal, and zones, which only mean something on this machine.
 */
export function peerAddress(text: string | undefined): PeerAddress | undefined {
  if (text === undefined || text.includes('%')) return undefined
  const family = isIP(text)
  if (family === 0) return undefined
  if (family === 4) return { family: 'ipv4', address: text }
  const { address } = new SocketAddress({ address: text, family: 'ipv6' })
  const within = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1]
  return within === undefined ? { family: 'ipv6', address } : { family: 'ipv4', address: within }
}
