import { expect, test } from 'vitest'
import { deniedResponse } from '#rpc/denied-response.ts'
import type { GateReply } from '#rpc/gate.ts'

const answered = (status: number, text: string, code = 'NO_GRANT') =>
  ({
    allowed: false,
    code,
    status,
    decision_id: 'd-1',
    detail: 'secret of the log',
    answer: { keys: ['docs'], answer: { reasons: [{ code, text }], fix: [{ action: 'buy' }] } },
  }) as unknown as GateReply
const bodyOf = (reply: GateReply, url?: string) => JSON.parse(deniedResponse(reply, url).body)

test('S000-14 a denial says what is lacking and where to get it', () => {
  expect(bodyOf(answered(403, 'Nothing gives it.'), 'https://shop.example/?e={entitlement}')).toEqual({
    error: 'Nothing gives it.',
    code: 'NO_GRANT',
    decision_id: 'd-1',
    requiredEntitlement: 'docs',
    upgradeUrl: 'https://shop.example/?e=docs',
  })
  expect(bodyOf(answered(403, ''))).toEqual({
    error: 'Access is denied.',
    code: 'NO_GRANT',
    decision_id: 'd-1',
    requiredEntitlement: 'docs',
  })
})

test('S001-51 a 404 tells nothing', () => {
  const response = deniedResponse(
    answered(404, 'Product x needs docs.'),
    'https://shop.example/{entitlement}',
  )
  expect(JSON.parse(response.body)).toEqual({ error: 'Not found.' })
  expect(JSON.stringify(response)).not.toMatch(/docs|NO_GRANT|shop|secret/)
})

test('V46 a body is never above 4 KB, and never has what is for the log', () => {
  for (const text of ['x'.repeat(5000), 'ü'.repeat(2500), '"'.repeat(3000)]) {
    const { body } = deniedResponse(answered(403, text, 'team/'.padEnd(9000, 'X')))
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(4096)
    expect(JSON.parse(body).decision_id).toBe('d-1')
  }
  expect(deniedResponse(answered(400, '')).body).not.toContain('secret')
})

test('a 401 asks for a token, and says when there was a bad one', () => {
  const refused = { allowed: false, status: 401, decision_id: 'd' }
  const challenge = (code: string) =>
    new Map(deniedResponse({ ...refused, code }).headers).get('www-authenticate')
  expect(challenge('TOKEN_MISSING')).toBe('Bearer')
  expect(challenge('TOKEN_REFUSED')).toBe('Bearer error="invalid_token"')
  expect(
    new Map(deniedResponse({ ...refused, status: 403, code: 'X' }).headers).has('www-authenticate'),
  ).toBe(false)
})
