import type { Network } from '#core/network.ts'
import { isLoopback } from './exposure.ts'
import type { Address } from './parse.ts'

type Given = {
  readonly trustedProxies: readonly Network[] | undefined
  readonly trustAnyProxy: 'on' | 'off'
  readonly testHeaders: 'on' | 'off'
  readonly opaGatewayKey: unknown
  readonly grpcAddress: Address
  readonly httpAddress: Address
  readonly opsAddress: Address
}

/** The widest network that is somebody's own: 10.0.0.0/8, fc00::/7. */
const widest = { ipv4: 8, ipv6: 7 }

/** Settings under which a stranger's word would be taken for a proxy's. */
export function proxyProblems(config: Given): readonly string[] {
  const { trustedProxies = [], trustAnyProxy, testHeaders, opaGatewayKey } = config
  const addresses = [config.grpcAddress, config.httpAddress, config.opsAddress]
  const problems = []
  const wide = trustedProxies.find(({ family, bits }) => bits < widest[family])
  if (wide !== undefined && trustAnyProxy !== 'on') {
    problems.push(
      `VOUCHSAFE_TRUSTED_PROXIES holds ${wide.address}/${wide.bits}, which is more than anybody's own network: anyone ` +
        'there could speak for any client. VOUCHSAFE_TRUST_ANY_PROXY=on would allow it.',
    )
  }
  if (wide !== undefined && opaGatewayKey !== undefined) {
    problems.push(
      `VOUCHSAFE_OPA_GATEWAY_KEY makes a gateway of every trusted proxy, and ${wide.address}/${wide.bits} of anybody: ` +
        'list the addresses of the plugins.',
    )
  }
  if (testHeaders === 'on' && !addresses.every(({ host }) => isLoopback(host))) {
    problems.push('VOUCHSAFE_TEST_HEADERS is for tests on one machine: all addresses must be on loopback.')
  }
  return problems
}
