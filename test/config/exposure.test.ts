import { expect, test } from 'vitest'
import { callerProblems, type Exposure, exposureProblems, isLoopback } from '#config/exposure.ts'

const home = { host: '127.0.0.1', port: 0 }
const safe: Exposure = {
  grpcAddress: home,
  httpAddress: home,
  opsAddress: home,
  tlsCert: undefined,
  databaseUrl: undefined,
  demo: 'auto',
}
const everywhere = { host: '0.0.0.0', port: 0 }
const fit: Exposure = { ...safe, grpcAddress: everywhere, tlsCert: 'cert.pem', databaseUrl: 'postgres://' }

test.each(['127.0.0.1', '127.8.9.10', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost'])(
  'V70 %s is loopback',
  (host) => expect(isLoopback(host)).toBe(true),
)

test.each(['0.0.0.0', '::', '10.0.0.1', '::ffff:10.0.0.1', '127.example.test', 'localhost.example.test', ''])(
  'V70 %s is not loopback',
  (host) => expect(isLoopback(host)).toBe(false),
)

test('on loopback nothing more is needed', () => {
  expect(exposureProblems(safe)).toEqual([])
  expect(callerProblems(safe, 0)).toEqual([])
})

test.each(['grpcAddress', 'httpAddress', 'opsAddress'] as const)(
  'F56 %s beyond loopback needs TLS and DATABASE_URL',
  (key) => {
    const problems = exposureProblems({ ...safe, [key]: everywhere })
    expect(problems).toEqual([expect.stringContaining('TLS_CERT'), expect.stringContaining('DATABASE_URL')])
  },
)

test('F56 with both it may, but not with the demo and not without callers', () => {
  expect(exposureProblems(fit)).toEqual([])
  expect(exposureProblems({ ...fit, demo: 'on' })).toEqual([expect.stringContaining('VOUCHSAFE_DEMO')])
  expect(callerProblems(fit, 0)).toEqual([expect.stringContaining('no caller')])
  expect(callerProblems(fit, 1)).toEqual([])
})
