import { describe } from 'vitest'
import { forwardAuthSuite } from './forward-auth-suite.ts'
import { example } from './forward-auth-world.ts'
import { findProgram, missing } from './programs.ts'
import { startProxy } from './start-proxy.ts'

const program = findProgram('haproxy')

function start(key: string, ports: Readonly<Record<number, number>>) {
  const files = {
    'haproxy.cfg': example('haproxy/haproxy.cfg'),
    'vouchsafe.lua': example('haproxy/vouchsafe.lua'),
  }
  const args = ['-db', '-f', 'haproxy.cfg']
  return startProxy({ program: program ?? '', files, args, env: { GATEWAY_KEY: key } }, ports)
}

describe.skipIf(program === undefined)(program ? 'the real HAProxy' : missing('haproxy'), () => {
  forwardAuthSuite({ start, ownStatuses: true })
})
