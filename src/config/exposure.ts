import { BlockList, isIP } from 'node:net'
import type { Address } from './parse.ts'

/** What decides whether it is safe to be reached from elsewhere. */
export type Exposure = {
  readonly grpcAddress: Address
  readonly httpAddress: Address
  readonly opsAddress: Address
  readonly tlsCert: string | undefined
  readonly databaseUrl: unknown
  readonly demo: 'auto' | 'on' | 'off'
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  const family = isIP(host)
  return family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

/** Settings under which other machines could reach a service that is not fit for it. */
export function exposureProblems(config: Exposure): readonly string[] {
  const exposed = exposedBy(config)
  if (exposed === undefined) return []
  const problems = []
  if (config.tlsCert === undefined) {
    problems.push(`${exposed} listens beyond loopback, which needs VOUCHSAFE_TLS_CERT and VOUCHSAFE_TLS_KEY`)
  }
  if (config.databaseUrl === undefined) {
    problems.push(
      `${exposed} listens beyond loopback, which needs DATABASE_URL: the embedded one is for one machine`,
    )
  }
  if (config.demo === 'on') {
    problems.push(
      `${exposed} listens beyond loopback, where VOUCHSAFE_DEMO must not be on: its keys are public`,
    )
  }
  return problems
}

/** The same for what only the loaded data tells: `callers` is how many can authenticate. */
export function callerProblems(config: Exposure, callers: number): readonly string[] {
  const exposed = exposedBy(config)
  if (exposed === undefined || callers > 0) return []
  return [`${exposed} listens beyond loopback, but no caller is configured that could authenticate`]
}

function exposedBy(config: Exposure): string | undefined {
  if (!isLoopback(config.grpcAddress.host)) return 'VOUCHSAFE_GRPC_ADDRESS'
  if (!isLoopback(config.httpAddress.host)) return 'VOUCHSAFE_HTTP_ADDRESS'
  if (!isLoopback(config.opsAddress.host)) return 'VOUCHSAFE_OPS_ADDRESS'
  return undefined
}
