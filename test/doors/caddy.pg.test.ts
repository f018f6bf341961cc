import { describe, expect, test } from 'vitest'
import { echoOf, takenFor } from './echo-upstream.ts'
import { type Asked, forwardAuthSuite } from './forward-auth-suite.ts'
import { example } from './forward-auth-world.ts'
import { findProgram, missing } from './programs.ts'
import { rawHttp } from './raw-http.ts'
import { startProxy } from './start-proxy.ts'

const program = findProgram('caddy')

/** The example as it is. `edit` is for what a test tries out. */
function start(key: string, ports: Readonly<Record<number, number>>, edit = (text: string) => text) {
  const files = { Caddyfile: edit(example('caddy/Caddyfile')) }
  const args = ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile']
  return startProxy({ program: program ?? '', files, args, env: { GATEWAY_KEY: key } }, ports)
}

describe.skipIf(program === undefined)(program ? 'the real Caddy' : missing('caddy'), () => {
  forwardAuthSuite({ start, ownStatuses: true, more })
})

function more({ world }: Asked): void {
  test('V43 without the line about Connection a client could take our headers away', async () => {
    const { key, ports, tokens } = world()
    using careless = await start(key, ports, (text) => text.replace(/.*@drops.*/g, ''))
    const headers = [
      ['Authorization', `Bearer ${tokens.bob}`],
      ['Connection', 'close, X-Vouchsafe-Subject'],
    ] as const
    const reply = await rawHttp(careless.port, { target: '/docs/a', headers })
    expect(takenFor(echoOf(reply.body), 'x-vouchsafe-subject')).toEqual([])
  })
}
