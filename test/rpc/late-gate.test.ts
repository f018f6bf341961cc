import { expect, test } from 'vitest'
import { createGate } from '#rpc/gate.ts'
import { limits } from '#rpc/limits.ts'
import { openStack } from '#test/fixtures/stack.ts'
import { entitlement, gives, grant, viewOf } from '#test/fixtures/view.ts'
import { row, token } from '#test/http/forward-auth/door.ts'

const world = {
  routes: [
    {
      id: 'r',
      host: '*',
      method: '*',
      pattern: '/docs',
      public: false,
      any_of: [],
      all_of: ['docs'],
      context: {},
    },
  ],
  catalogue: {
    issuers: [row],
    givers: new Map([['docs', new Map([['e-docs', gives('entitlement')]])]]),
    entitlements: new Map([['docs', entitlement('docs')]]),
  },
  identities: { [`${row.iss}|alice`]: 'alice' },
  grants: { alice: [grant({ target: 'e-docs' })] },
}

async function asked(lateMs: number, timeMs: number, tokens: readonly string[]) {
  await using stack = await openStack([viewOf(world)])
  let late = 0
  const now = () => Date.now() + late
  const gate = createGate({
    ...stack.needs,
    now,
    principalOfToken: async (...told) => {
      const principal = await stack.needs.principalOfToken(...told)
      late = lateMs
      return principal
    },
  })
  const { text: key } = stack.keyOf(['gateway'])
  const call = {
    door: 'ext_authz',
    header: () => undefined,
    credentials: () => ({ authorization: [`Bearer ${key}`] }),
    deadline: now() + timeMs,
    signal: () => new AbortController().signal,
  }
  const request = { method: 'GET', host: 'h', target: '/docs', tenant: '', tokens }
  const { code, status } = await gate(call, 'Check', () => request)
  const { decisions } = await stack.journals()
  return [code, status, decisions.length]
}

test.each([
  ['in time', 0, Number.POSITIVE_INFINITY, ['GRANTED', 200, 1]],
  ['after our own deadline', limits.deadlineMs, Number.POSITIVE_INFINITY, ['DEADLINE', 503, 0]],
  ['after the gateway’s', 300, 200, ['DEADLINE', 503, 0]],
])(
  'a token known %s: what the gateway is told is what is journalled',
  async (_when, lateMs, timeMs, told) => {
    expect(await asked(lateMs, timeMs, [await token()])).toEqual(told)
  },
)

test('what nothing was waited for is answered in whatever time there is', async () => {
  expect(await asked(0, -10, [])).toEqual(['TOKEN_MISSING', 401, 0])
})
