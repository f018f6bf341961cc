import { expect, test } from 'vitest'
import { createSecurityLog } from '#journal/security-log.ts'
import { event, linesOf, memorySink, parts } from './fixtures.ts'

function start() {
  const { sink, state } = memorySink()
  const made = parts()
  return { ...made, state, security: createSecurityLog({ ...made, sink }) }
}

test('S000-24 an authorization failure is logged with principal, entitlement, route and reason', async () => {
  const { security, state } = start()
  const detailed = event({ detail: 'an empty segment' })
  security.push(detailed)
  await security.flush()
  expect(linesOf(state.text)).toEqual([{ ...detailed, at: '2026-11-21T12:00:00.000Z' }])
})

test('S000-24 none is left out', async () => {
  const { security, state, counts } = start()
  for (let number = 0; number < 2000; number++) security.push(event({ decision_id: String(number) }))
  await security.close()
  expect(linesOf(state.text)).toHaveLength(2000)
  expect(counts).toEqual({})
})

test('S000-24 never with the raw token, whatever field carries it', async () => {
  const { security, state } = start()
  const token = `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.${'x'.repeat(2000)}`
  const stray = { ...event({ kind: 'authentication_failed' }), token, authorization: `Bearer ${token}` }
  security.push(stray)
  security.push(
    event({ route: `GET /files?access_token=${token}`, principal: token, reason: `Bearer ${token}` }),
  )
  await security.flush()
  expect(state.text).not.toMatch(/eyJ|xxxx|authorization"/)
  expect(linesOf(state.text)).toHaveLength(2)
})

test('V69 text with line ends stays one line, and long text is cut', async () => {
  const { security, state } = start()
  security.push(event({ route: 'GET /a\r\n{"kind":"forged"}', principal: 'p'.repeat(5000) }))
  await security.flush()
  expect(linesOf(state.text)).toHaveLength(1)
  expect(String(linesOf(state.text)[0]?.principal)).toHaveLength(512)
})
