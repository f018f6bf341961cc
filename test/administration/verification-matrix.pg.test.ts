// The whole of S001-38 by one command: npm run verify
import { afterAll, beforeAll, expect, test } from 'vitest'
import { devIss } from '#main/dev-issuer.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { rest } from './rest.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const member = 'fresh-member'

/** The person's own token at the door, in the module that is for members only: the status a client would see. */
async function atTheDoor(slug: string, revision: string, claims: object = {}): Promise<number> {
  const { status } = await rest(server, 'POST', '/v1/access', {
    subject: { accessToken: await server.place.token(member, { ...claims }) },
    entitlement: 'download',
    resource: { kind: 'product', id: slug },
    context: { module: 'downloads' },
    consistency: { atLeast: revision },
  })
  return status
}

test('S001-38 S001-24 S001-25 S001-26 S001-27 S001-40 S001-41 a fresh member without a backfilled row: 403, 200, 403 of a restricted product, 200 of an open one', async () => {
  const user = `/v1/admin/users/${member}/entitlements`
  const at = '?tenant=acme'
  // A member since just now: after the restriction, so nothing was backfilled, and no administrator.
  const holder = { holder: { case: 'identity', value: { issuer: devIss, subject: member } } } as const
  const target = { target: { case: 'entitlement', value: 'member' } } as const
  const joined = await server.operator.grant({ holder, target, reason: 'lifetime', tenant: 'acme' })
  expect((await rest(server, 'GET', `${user}${at}`)).body.entitlements).toEqual([])
  expect(await atTheDoor('runner', joined.revision), 'restricted and no grant').toBe(403)

  const granted = await rest(server, 'POST', `${user}${at}`, { slug: 'runner', reason: 'won it' })
  expect(granted).toMatchObject({ status: 201, body: { slug: 'runner', granted: true } })
  expect(await atTheDoor('runner', granted.body.revision), 'granted').toBe(200)
  const listed = await rest(server, 'GET', `${user}${at}`)
  expect(listed.body.entitlements).toMatchObject([
    { slug: 'runner', display_name: 'Runner', requires_entitlement: true, source: 'admin' },
  ])

  const revoked = await rest(server, 'POST', `${user}/revoke${at}`, { slug: 'runner' })
  expect(revoked).toMatchObject({ status: 200, body: { revoked: true } })
  expect(await atTheDoor('runner', revoked.body.revision), 'revoked').toBe(403)

  const path = `/v1/admin/applications/runner/restricted${at}`
  const open = await rest(server, 'PUT', path, { restricted: false })
  expect(open).toMatchObject({ status: 200, body: { restricted: false } })
  expect(await atTheDoor('runner', open.body.revision), 'open product').toBe(200)
  const closed = await rest(server, 'PUT', path, { restricted: true })
  expect(closed.body.restricted).toBe(true)
  // The revoked right is not revived by the backfill (S001-48): only an administrator gives it again.
  expect(await atTheDoor('runner', closed.body.revision), 'restricted again').toBe(403)
})
