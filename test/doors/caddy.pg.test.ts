import { describe, expect, test } from 'vitest'
import { echoOf, takenFor } from './echo-upstream.ts'
import { type Asked, forwardAuthSuite } from './forward-auth-suite.ts'
import { findProgram, missing } from './programs.ts'
import { rawHttp } from './raw-http.ts'
import { startGateway } from './start-gateway.ts'

const program = findProgram('caddy')

describe.skipIf(program === undefined)(program ? 'the real Caddy' : missing('caddy'), () => {
  forwardAuthSuite({ start: startGateway.caddy, ownStatuses: true, more })
})

function more({ world }: Asked): void {
  test('V43 without the line about Connection a client could take our headers away', async () => {
    const { key, ports, tokens } = world()
    using careless = await startGateway.caddy(key, ports, (text) => text.replace(/.*@drops.*/g, ''))
    const headers = [
      ['Authorization', `Bearer ${tokens.bob}`],
      ['Connection', 'close, X-Vouchsafe-Subject'],
    ] as const
    const reply = await rawHttp(careless.port, { target: '/docs/a', headers })
    expect(takenFor(echoOf(reply.body), 'x-vouchsafe-subject')).toEqual([])
  })
}
