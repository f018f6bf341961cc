import { expect, test } from 'vitest'
import { forwardAuthDoor, token } from './door.ts'

test('no cache on the way keeps what a gateway is told: yes, no, or that it is not known itself', async () => {
  await using door = await forwardAuthDoor()
  const mine = ['authorization', `Bearer ${await token()}`] as const
  const bob = ['authorization', `Bearer ${await token('bob')}`] as const
  const answers = [
    [200, await door.nginx('/docs/a', [mine])],
    [200, await door.nginx('/open')],
    [401, await door.nginx('/docs/a')],
    [403, await door.nginx('/docs/a', [bob])],
    [403, await door.ask('/forward-auth/nginx', [])],
    [200, await door.caddy('/docs/a', [mine])],
    [404, await door.caddy('/paid', [bob])],
    [401, await door.ask('/v1/data/vouchsafe/check?input=%7B%7D', [])],
  ] as const
  for (const [status, reply] of answers) {
    expect([reply.status, reply.headers['cache-control']]).toEqual([status, 'no-store'])
  }
})

test('V16 a path that cannot be decoded is refused in our words, and not said again', async () => {
  await using door = await forwardAuthDoor()
  for (const path of ['/forward-auth/%zz-secret', '/v1/data/%zz-secret', '/v1/users/%ff-secret/tiers']) {
    const { status, headers, body } = await door.ask(path, [door.gateway])
    const code = path.startsWith('/v1/data/') ? 'invalid_parameter' : 'invalid_argument'
    expect([status, headers['cache-control'], JSON.parse(body).code]).toEqual([400, 'no-store', code])
    expect(body).not.toMatch(/secret|FST_/)
  }
})
