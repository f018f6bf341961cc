import { readForwarded } from './read-forwarded.ts'
import { readOriginal } from './read-original.ts'
import { readPrefixed } from './read-prefixed.ts'
import type { ReadTold } from './told.ts'

export type Dialect = {
  readonly name: string
  readonly path: string
  readonly read: ReadTold
  /** nginx makes a 500 of every denial that is neither 401 nor 403. */
  readonly twoStatuses?: true
  /** It shows the client none of our headers but those it is told to: its log may have the code of every denial. */
  readonly keepsHeaders?: true
  /** Envoy also takes the names of headers to remove, and sets what it is given. */
  readonly removes?: true
}

const base = '/forward-auth'
const envoy = `${base}/envoy`

/** How each proxy tells of a request, and what it can carry back. */
export const dialects: readonly Dialect[] = [
  { name: 'nginx', path: `${base}/nginx`, read: readOriginal, keepsHeaders: true, twoStatuses: true },
  { name: 'haproxy', path: `${base}/haproxy`, read: readOriginal, keepsHeaders: true },
  { name: 'caddy', path: `${base}/caddy`, read: readForwarded },
  { name: 'traefik', path: `${base}/traefik`, read: readForwarded },
  { name: 'envoy', path: envoy, read: readPrefixed(envoy), removes: true },
]

/** The path by which a request finds its dialect: what Envoy appends belongs to the client and is no path of ours. */
export function doorPath(url: string): string {
  return url.startsWith(envoy) ? envoy : url
}
