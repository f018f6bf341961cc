import { describe } from 'vitest'
import { parse, stringify } from 'yaml'
import { reservedHeaders } from '#core/identity-headers.ts'
import { forwardAuthSuite } from './forward-auth-suite.ts'
import { findProgram, missing } from './programs.ts'
import { startGateway } from './start-gateway.ts'

const program = findProgram('envoy')

/** The example's file, but that Envoy asks over HTTP. */
const start = (key: string, ports: Readonly<Record<number, number>>) =>
  startGateway.envoy(key, ports, (text) => overHttp(text, key))

function overHttp(text: string, key: string): string {
  const file = parse(text)
  const [{ filter_chains }] = file.static_resources.listeners
  const manager = filter_chains[0].filters[0].typed_config
  manager.access_log[0].typed_config.log_format.json_format.decision_id =
    '%REQ(X-VOUCHSAFE-DECISION-ID)%%RESP(X-VOUCHSAFE-DECISION-ID)%'
  const asks = manager.http_filters[0].typed_config
  delete asks.grpc_service
  delete asks.encode_raw_headers
  asks.http_service = {
    server_uri: { uri: 'http://vouchsafe', cluster: 'vouchsafe', timeout: '0.5s' },
    path_prefix: '/forward-auth/envoy',
    authorization_request: { headers_to_add: [{ key: 'x-internal-token', value: key }] },
    authorization_response: {
      allowed_upstream_headers: { patterns: reservedHeaders.map((exact) => ({ exact })) },
    },
  }
  delete file.static_resources.clusters[0].typed_extension_protocol_options
  return stringify(file)
}

describe.skipIf(program === undefined)(program ? 'the real Envoy, over HTTP' : missing('envoy'), () =>
  forwardAuthSuite({ start, ownStatuses: true }),
)
