import { METHODS } from 'node:http'
import { expect, test } from 'vitest'
import { forwardAuthDoor, token } from './door.ts'

const dialects = ['nginx', 'haproxy', 'caddy', 'traefik', 'envoy'] as const
const types = [undefined, ';;;', '', '/', 'text/html; charset', 'a'.repeat(3000)]
// Of CONNECT Node makes no request, HEAD has no body to look at, and M-SEARCH is a method of no route.
const methods = METHODS.filter((method) => !['CONNECT', 'HEAD', 'M-SEARCH'].includes(method))

/** As this proxy says it, asking itself with `method`. */
function asked(dialect: string, method: string) {
  if (dialect === 'envoy') return { path: '/forward-auth/envoy/docs/a', headers: [['host', 'app.example']] }
  const prefix = dialect === 'nginx' || dialect === 'haproxy' ? 'x-original' : 'x-forwarded'
  const headers = [
    [`${prefix}-method`, method],
    [`${prefix}-host`, 'app.example'],
    [`${prefix}-uri`, '/docs/a'],
    ['x-forwarded-proto', 'https'],
  ]
  return { path: `/forward-auth/${dialect}`, headers }
}

test.each(dialects)(
  'S000-14 S000-24 %s: whatever method and media type a client has, the answer is the proxy’s own',
  async (dialect) => {
    await using door = await forwardAuthDoor()
    const bob = ['authorization', `Bearer ${await token('bob')}`]
    const alice = ['authorization', `Bearer ${await token('alice')}`]
    for (const method of methods) {
      for (const type of method === 'POST' ? types : [undefined, ';;;']) {
        const { path, headers } = asked(dialect, method)
        const typed = type === undefined ? [] : [['content-type', type]]
        const as = async (who: string[]) => {
          const all = [door.gateway, ...headers, ...typed, who, ['content-length', '3']] as [string, string][]
          return door.ask(path, all, method, 'abc')
        }
        const named = `${method} ${type}`
        const denied = await as(bob)
        expect([named, denied.status]).toEqual([named, 403])
        expect(JSON.parse(denied.body), named).toMatchObject({
          code: expect.stringMatching(/^[A-Z_]+$/),
          decision_id: denied.headers['x-vouchsafe-decision-id'],
        })
        expect([named, (await as(alice)).status]).toEqual([named, method === 'GET' ? 200 : 403])
      }
    }
  },
)
