import { isLoopback } from './exposure.ts'
import { Refused } from './setting.ts'

/** The address of a service that is called with a key: https, or http on this machine, and nothing but host and port. */
export function apiBase(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Refused('is an address such as http://127.0.0.1:12111')
  if (url.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1')))
    throw new Refused('is an https address, or an http address of this machine, for the key is sent there')
  if (
    url.username !== '' ||
    url.password !== '' ||
    url.pathname !== '/' ||
    url.search !== '' ||
    url.hash !== ''
  )
    throw new Refused('is a host and a port, and nothing behind them')
  return url
}
