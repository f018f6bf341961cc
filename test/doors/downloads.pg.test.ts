import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { AuditService } from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { rest } from '#test/administration/rest.ts'
import { type DownloadsWorld, downloadsWorld } from './downloads-world.ts'
import { findProgram, missing } from './programs.ts'
import { rawHttp } from './raw-http.ts'
import { startGateway } from './start-gateway.ts'
import type { RunningProxy } from './start-proxy.ts'

let world: DownloadsWorld
beforeAll(async () => {
  world = await downloadsWorld()
})
afterAll(() => world?.stop())

const { listDenials } = AuditService.method
const at = '?tenant=acme'

/** Comes back when the server answers with this revision: from then on its gateways do. */
async function known(revision: string): Promise<void> {
  const subject = { subject: { case: 'principal', value: { issuer: devIss, subject: 'nobody' } } } as const
  const consistency = { demand: { case: 'atLeast', value: revision } } as const
  await world.server.operator.listEntitlements({ subject, tenant: 'acme', consistency })
}

/** Nobody's administrator, and a member since now: nothing was backfilled. */
async function join(member: string): Promise<void> {
  const holder = { holder: { case: 'identity', value: { issuer: devIss, subject: member } } } as const
  const target = { target: { case: 'entitlement', value: 'member' } } as const
  const { revision } = await world.server.operator.grant({
    ...{ holder, target, tenant: 'acme' },
    reason: 'lifetime',
  })
  await known(revision)
}

describe.for([
  { name: 'Envoy', gateway: 'envoy', ownStatuses: true },
  { name: 'nginx', gateway: 'nginx', ownStatuses: false },
  { name: 'Caddy', gateway: 'caddy', ownStatuses: true },
  { name: 'HAProxy', gateway: 'haproxy', ownStatuses: true },
  { name: 'Traefik', gateway: 'traefik', ownStatuses: true },
] as const)('$name', ({ gateway, ownStatuses }) => {
  describe.skipIf(findProgram(gateway) === undefined)(
    findProgram(gateway) ? 'the real program' : missing(gateway),
    () => {
      let proxy: RunningProxy
      beforeAll(async () => {
        proxy = await startGateway[gateway](world.gateway, world.ports)
      })
      afterAll(() => proxy?.[Symbol.dispose]())
      beforeEach(() => {
        world.reached.length = 0
      })

      const as = async (member: string, target: string, method = 'GET') =>
        rawHttp(proxy.port, {
          ...{ target, method },
          headers: [
            ['Authorization', `Bearer ${await world.server.place.token(member, {})}`],
            ['Content-Length', '0'],
          ],
        })

      test('S001-21 S001-22 lists behind the gateway hide the restricted products that a member lacks, the one per application too', async () => {
        const member = `${gateway}-lists`
        const list = async (path: string) => {
          const { status, body } = await as(member, path)
          return [status, JSON.parse(body).downloads]
        }
        expect((await as(member, '/v1/downloads')).status).toBe(403)
        expect(world.reached).not.toContain('GET /v1/downloads')
        await join(member)
        expect(await list('/v1/downloads')).toEqual([200, ['handbook']])
        expect(await list('/v1/applications/runner/downloads')).toEqual([200, []])
        expect(await list('/v1/applications/no-such-app/downloads')).toEqual([200, []])
        expect(await list('/v1/applications/handbook/downloads')).toEqual([200, ['handbook']])

        const path = `/v1/admin/users/${member}/entitlements${at}`
        await known((await rest(world.server, 'POST', path, { slug: 'runner' })).body.revision)
        expect(await list('/v1/downloads')).toEqual([200, ['handbook', 'runner']])
        expect(await list('/v1/applications/runner/downloads')).toEqual([200, ['runner']])
      })

      test('S001-23 a download and a pull that the gateway refuses are audited, each with its own kind', async () => {
        const member = `${gateway}-denied`
        await join(member)
        const refused = async (target: string) => {
          const { status, headers } = await as(member, target)
          return { status, id: headers['x-vouchsafe-decision-id'] ?? '' }
        }
        const download = await refused('/files/downloads/runner')
        const pull = await refused('/v2/runner/manifests/latest')
        expect([download.status, pull.status]).toEqual([403, ownStatuses ? 404 : 403])
        const audited = async (kind: string) => {
          const asked = { kind, tenant: world.server.place.tenants.acme, pageSize: 1000 }
          const { denials } = await world.server.operator.call(listDenials)(asked)
          return denials.map(({ decisionId }) => decisionId)
        }
        const downloads = await audited('DownloadDeniedEntitlement')
        const pulls = await audited('OciPullDeniedEntitlement')
        expect(downloads).toContain(download.id)
        expect(pulls).toContain(pull.id)
        expect([...downloads, download.id]).not.toContain(pull.id)
        expect(await proxy.logged((line) => line.includes(download.id))).toContain('/files/downloads/runner')
        expect(world.reached).toEqual([])
      })

      test('S001-38 S001-17 a fresh member without a backfilled row at the token endpoint behind the gateway: 403, 200, 403 of a restricted product, 200 of an open one', async () => {
        const member = `${gateway}-member`
        const user = `/v1/admin/users/${member}/entitlements`
        const token = async () => (await as(member, '/auth/token/downloads/runner', 'POST')).status
        expect(await token(), 'no member').toBe(403)
        expect((await as(member, '/auth/token/downloads/handbook', 'POST')).status).toBe(403)
        await join(member)
        expect((await rest(world.server, 'GET', `${user}${at}`)).body.entitlements).toEqual([])
        expect(await token(), 'restricted and no grant').toBe(403)
        expect((await as(member, '/auth/token/downloads/handbook', 'POST')).status).toBe(200)
        world.reached.length = 0

        const granted = await rest(world.server, 'POST', `${user}${at}`, { slug: 'runner' })
        await known(granted.body.revision)
        expect(await token(), 'granted').toBe(200)
        expect(world.reached).toEqual(['POST /auth/token/downloads/runner'])

        const revoked = await rest(world.server, 'POST', `${user}/revoke${at}`, { slug: 'runner' })
        await known(revoked.body.revision)
        expect(await token(), 'revoked').toBe(403)

        const restrict = async (restricted: boolean) => {
          const path = `/v1/admin/applications/runner/restricted${at}`
          await known((await rest(world.server, 'PUT', path, { restricted })).body.revision)
        }
        await restrict(false)
        expect(await token(), 'open product').toBe(200)
        await restrict(true)
        expect(await token(), 'restricted again').toBe(403)
      })
    },
  )
})
