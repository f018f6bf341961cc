import { describe, expect, test } from 'vitest'
import { canonicalPath } from '#core/canonical-path.ts'
import { echoOf } from './echo-upstream.ts'
import { type Asked, forwardAuthSuite } from './forward-auth-suite.ts'
import { hostilePaths } from './hostile-paths.ts'
import { findProgram, missing } from './programs.ts'
import { onWire, rawHttp } from './raw-http.ts'
import { startGateway } from './start-gateway.ts'

const program = findProgram('nginx')

describe.skipIf(program === undefined)(program ? 'the real nginx' : missing('nginx'), () => {
  forwardAuthSuite({ start: startGateway.nginx, ownStatuses: false, more })
})

function more({ world, as, logged }: Asked): void {
  test('S000-24 its log has the reason of a denial, which the client is not told', async () => {
    const hidden = await as('alice', { target: '/products/runner/manifest' })
    const id = hidden.headers['x-vouchsafe-decision-id'] ?? ''
    expect(await logged((line) => line.includes(id))).toContain('"code":"NO_GRANT"')
    expect(JSON.stringify(hidden)).not.toContain('NO_GRANT')
  })

  test('V27 with $uri instead of $request_uri other paths would pass than were asked about', async () => {
    const { key, ports, tokens } = world()
    using mended = await startGateway.nginx(key, ports, (text) =>
      text
        .replace('X-Original-URI $request_uri', 'X-Original-URI $mended')
        .replace('location / {', 'location / { set $mended $uri;'),
    )
    const widened = []
    for (const target of hostilePaths('/docs/intro').map(onWire)) {
      const headers = [['Authorization', `Bearer ${tokens.bob}`]] as const
      const careless = await rawHttp(mended.port, { target, headers })
      if (careless.status !== 200 || 'path' in canonicalPath(echoOf(careless.body).url)) continue
      widened.push(target)
      expect([target, (await as('bob', { target })).status]).toEqual([target, 403])
    }
    expect(widened).toContain('/docs%2fintro')
  })

  test('the place where it asks is not open to clients', async () => {
    expect((await as('kim', { target: '/_vouchsafe' })).status).toBe(404)
  })

  test('a request with a body is asked about without it, and arrives whole', async () => {
    const headers = [['Content-Length', '3000']] as const
    const reply = await as('bob', { method: 'POST', target: '/open', headers, body: 'x'.repeat(3000) })
    expect(reply.status).toBe(200)
  })
}
