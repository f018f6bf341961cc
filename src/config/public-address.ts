import { isLoopback } from './exposure.ts'
import { Refused } from './setting.ts'

/** Where others reach something: https, or http on this machine; a path, and nothing behind it. Without a slash at the end. */
export function publicAddress(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Refused('is an address such as https://pdp.example.com')
  if (url.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1')))
    throw new Refused('is an https address, or an http address of this machine')
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new Refused('has neither a name and password nor anything behind its path')
  const path = url.pathname.replace(/\/$/, '')
  if (!/^(\/[A-Za-z0-9_.~-]+)*$/.test(path)) throw new Refused('has a path of plain segments, or none')
  return url.origin + path
}
