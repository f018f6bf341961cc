import { describe, expect, test } from 'vitest'
import { canonicalPath } from '#core/canonical-path.ts'
import { echoOf } from './echo-upstream.ts'
import { type Asked, forwardAuthSuite } from './forward-auth-suite.ts'
import { example } from './forward-auth-world.ts'
import { hostilePaths } from './hostile-paths.ts'
import { findProgram, missing } from './programs.ts'
import { onWire, rawHttp } from './raw-http.ts'
import { startProxy } from './start-proxy.ts'

const program = findProgram('nginx')

/** The example as it is. `edit` is for what a test tries out. */
function start(key: string, ports: Readonly<Record<number, number>>, edit = (text: string) => text) {
  const files = {
    'nginx.conf': edit(example('nginx/nginx.conf')),
    'gateway-key.conf': `proxy_set_header X-Internal-Token "${key}";\n`,
  }
  const args = ['-e', 'stderr', '-p', '.', '-c', 'nginx.conf']
  return startProxy({ program: program ?? '', files, args, logFile: 'access.log' }, ports)
}

describe.skipIf(program === undefined)(program ? 'the real nginx' : missing('nginx'), () => {
  forwardAuthSuite({ start, ownStatuses: false, more })
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
    using mended = await start(key, ports, (text) =>
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
