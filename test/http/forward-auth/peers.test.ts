import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { expect, test } from 'vitest'
import { AppError } from '#core/errors.ts'
import type { Credentials } from '#rpc/call.ts'
import { authority, hasOpenssl } from '#test/grpc/certificates.ts'
import { callerOf } from '#test/rpc/needs.ts'
import { forwardAuthDoor, token } from './door.ts'

test('V70 a peer that the socket calls ::ffff:127.0.0.1 is 127.0.0.1', async () => {
  const mapped = { host: '::ffff:127.0.0.1' }
  await using trusting = await forwardAuthDoor({}, '127.0.0.1', mapped)
  expect(await trusting.caddy('/open')).toMatchObject({ status: 200 })
  await using other = await forwardAuthDoor({}, '127.0.0.2,::1', mapped)
  expect(await other.caddy('/open')).toMatchObject({ status: 403 })
})

test.skipIf(!hasOpenssl)(
  'a gateway may show a certificate instead of a key; a client’s token is none of its own',
  async () => {
    const root = authority('gateways')
    const gateway = root.leaf('front')
    const shown: Credentials[] = []
    const authenticate = (credentials: Credentials) => {
      shown.push(credentials)
      if (credentials.authorization?.length === 1) return callerOf(['service'])
      if (credentials.certificate === undefined) throw new AppError('CALLER_UNAUTHENTICATED', 'Nobody.')
      return callerOf(['gateway'])
    }
    const tls = { ...root.leaf('localhost'), ca: root.ca, optional: true }
    await using door = await forwardAuthDoor({ authenticate }, '127.0.0.1', { tls })
    const bearer = `Bearer ${await token()}`
    const ask = async (certified: boolean, key?: string) => {
      const pair = { cert: root.read(gateway.cert), key: root.read(gateway.key) }
      const asked = request({
        host: '127.0.0.1',
        port: door.server.port,
        path: '/forward-auth/traefik',
        agent: false,
        ca: root.read(root.ca),
        ...(certified && pair),
        headers: {
          authorization: bearer,
          ...(key !== undefined && { 'x-internal-token': key }),
          'x-forwarded-method': 'GET',
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'app.example',
          'x-forwarded-uri': '/docs/a',
        },
      })
      asked.end()
      const [reply] = (await once(asked, 'response')) as [IncomingMessage]
      reply.resume()
      return [reply.statusCode, reply.headers['x-vouchsafe-subject']]
    }
    expect(await ask(true)).toEqual([200, 'sub_alice'])
    expect(await ask(false)).toEqual([403, undefined])
    expect(shown[0]?.certificate).toMatch(/^[0-9A-F:]{95}$/)
    expect(shown.map(({ authorization }) => authorization)).toEqual([undefined, undefined])
    // A client that has a key of its own must not become the gateway by it.
    expect(await ask(true, 'vch_another')).toEqual([403, undefined])
    expect(shown.at(-1)?.authorization).toHaveLength(2)
  },
)
