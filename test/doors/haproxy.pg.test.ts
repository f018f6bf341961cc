import { describe } from 'vitest'
import { forwardAuthSuite } from './forward-auth-suite.ts'
import { findProgram, missing } from './programs.ts'
import { startGateway } from './start-gateway.ts'

const program = findProgram('haproxy')

describe.skipIf(program === undefined)(program ? 'the real HAProxy' : missing('haproxy'), () => {
  forwardAuthSuite({ start: startGateway.haproxy, ownStatuses: true })
})
