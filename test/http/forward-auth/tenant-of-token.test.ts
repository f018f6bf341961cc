import { expect, test } from 'vitest'
import { forwardAuthDoor, token } from './door.ts'

test('V47 the token of a client does not choose the tenant for a gateway of the platform', async () => {
  await using door = await forwardAuthDoor()
  const { text } = door.keyOf(['gateway'], '')
  const told = [
    ['x-internal-token', text],
    ['x-original-method', 'GET'],
    ['x-original-host', 'app.example'],
    ['authorization', `Bearer ${await token()}`],
  ] as const
  const ask = (target: string, ...more: (readonly [string, string])[]) =>
    door.ask('/forward-auth/haproxy', [...told, ['x-original-uri', target], ...more])
  expect(await ask('/docs/a', ['x-vouchsafe-tenant', 'acme'])).toMatchObject({ status: 200 })
  expect(await ask('/docs/a')).toMatchObject({ status: 403 })
  expect(await ask('/open')).toMatchObject({ status: 403 })
})
