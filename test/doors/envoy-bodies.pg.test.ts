import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EnvoyPlace, startEnvoyPlace } from './envoy-place.ts'
import { findProgram, missing } from './programs.ts'
import { rawHttp } from './raw-http.ts'

const program = findProgram('envoy')
const before = 'failure_mode_allow: false\n'

/** The example's file, but that Envoy shows the decision point a body, and lets pass what it gets no answer about. */
function withBodies(text: string, buffer: string): string {
  const indent = ' '.repeat(22)
  expect(text).toContain(before)
  return text
    .replace(before, `failure_mode_allow: true\n${indent}with_request_body: ${buffer}\n`)
    .replace('status_on_error: { code: ServiceUnavailable }', 'failure_mode_allow_header_add: true')
}

describe.skipIf(program === undefined)(program ? 'the real Envoy' : missing('envoy'), () => {
  let place: EnvoyPlace
  beforeAll(async () => {
    place = await startEnvoyPlace(program ?? '')
  })
  afterAll(() => place?.stop())

  const asked = async (buffer: string) => {
    const envoy = await place.another((text) => withBodies(text, buffer))
    const post = async (target: string, size: number) => {
      const headers = [
        ['Host', 'app.example'],
        ['Authorization', `Bearer ${place.tokens.bob}`],
        ['Content-Length', String(size)],
      ] as const
      const reply = await rawHttp(envoy.port, { method: 'POST', target, headers, body: 'x'.repeat(size) })
      return { status: reply.status, code: /"code":"(\w+)"/.exec(reply.body)?.[1] }
    }
    return { ...envoy, post }
  }

  test('HARDENING C.5 a part of a body passes only where the tenant’s route says so', async () => {
    using envoy = await asked('{ max_request_bytes: 10, allow_partial_message: true }')
    expect(await envoy.post('/docs/a', 10)).toEqual({ status: 200 })
    expect(await envoy.post('/docs/a', 11)).toEqual({ status: 403, code: 'BODY_TRUNCATED' })
    expect(await envoy.post('/open', 500)).toEqual({ status: 403, code: 'BODY_TRUNCATED' })
    expect(await envoy.post('/half/a', 500)).toEqual({ status: 200 })
    expect(await envoy.post('/named/a', 500)).toMatchObject({ status: 403, code: 'NO_GRANT' })
    expect(await envoy.logged(({ code }) => code === 'BODY_TRUNCATED')).toMatchObject({
      decision_id: expect.any(String),
      route: '/docs/{page}',
    })
  })

  test('M-8 a body that makes the question too large is no way through, also where failures are', async () => {
    using envoy = await asked('{ max_request_bytes: 2000000, pack_as_bytes: true }')
    expect(await envoy.post('/named/a', 100_000)).toEqual({ status: 403, code: 'NO_GRANT' })
    expect(await envoy.post('/named/a', 1_000_000)).toEqual({ status: 413, code: 'REQUEST_REFUSED' })
  })
})
