import { describe, expect, test } from 'vitest'
import { echoOf, takenFor } from './echo-upstream.ts'
import { type Asked, forwardAuthSuite } from './forward-auth-suite.ts'
import { findProgram, missing } from './programs.ts'
import { rawHttp } from './raw-http.ts'
import { startGateway } from './start-gateway.ts'

const program = findProgram('traefik')

describe.skipIf(program === undefined)(program ? 'the real Traefik' : missing('traefik'), () => {
  forwardAuthSuite({ start: startGateway.traefik, ownStatuses: true, unanswered: 500, more })
})

function more({ world, as }: Asked): void {
  test('V43 without the half of the rule about Connection this Traefik still keeps our headers', async () => {
    const { key, ports, tokens } = world()
    using careless = await startGateway.traefik(key, ports, (text) =>
      text.replace(/ && !HeaderRegexp\(.*\)(?=")/, ''),
    )
    const headers = [
      ['Authorization', `Bearer ${tokens.bob}`],
      ['Connection', 'close, X-Vouchsafe-Subject'],
    ] as const
    const reply = await rawHttp(careless.port, { target: '/docs/a', headers })
    expect(takenFor(echoOf(reply.body), 'x-vouchsafe-subject')).toHaveLength(1)
  })

  test('V41 the key that the gateway puts into a request is not sent on, and a client’s own does not count', async () => {
    const headers = [['X-Internal-Token', 'vch_forged']] as const
    const reply = await as('bob', { target: '/docs/a', headers })
    expect(reply.status).toBe(200)
    expect(takenFor(echoOf(reply.body), 'x-internal-token')).toEqual([])
  })
}
