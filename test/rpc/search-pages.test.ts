import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPageTokens } from '#admin/page-tokens.ts'
import { createSearchPages, goodForMs, largestLimit } from '#rpc/search-pages.ts'

const list = ['tenant-a', 'authzen', 'subject', 'caller', 'digest'] as const
const refused = expect.objectContaining({ code: 'INVALID_FIELD' })
const numbered = (count: number) => Array.from({ length: count }, (_, n) => `n${n}`)

/** A server, over data that may change. `ids` keep its searches apart from those of others. */
function server(state: { names: readonly string[]; revision: string; now: number }, secret = 'a secret') {
  let ids = 0
  const searched: (number | undefined)[] = []
  const pages = createSearchPages({
    tokens: createPageTokens(secret),
    newId: () => `${secret}-${++ids}-${Math.random()}`,
    now: () => state.now,
  })
  const find = async (at?: number) => {
    searched.push(at)
    return { names: state.names, data_revision: state.revision, bundle_revision: 'b', at: at ?? state.now }
  }
  return {
    searched,
    page: (request: { token?: string; limit?: number }, of: readonly string[] = list) =>
      pages.page(of as typeof list, request, find),
  }
}

test.each([1, 2, 5, 16, 53, 100])('V21 pages of %i are together what was found', async (limit) => {
  await fc.assert(
    fc.asyncProperty(fc.nat(120), async (count) => {
      const { page, searched } = server({ names: numbered(count), revision: 'r1', now: 1000 })
      const all: string[] = []
      for (let token: string | undefined; ; ) {
        const next = await page({ limit, ...(token !== undefined && { token }) })
        expect(next.total).toBe(count)
        all.push(...next.names)
        if (next.next_token === '') break
        expect(next.names).toHaveLength(limit)
        token = next.next_token
      }
      expect(all).toEqual(numbered(count))
      expect(searched).toHaveLength(1)
    }),
    { numRuns: 20 },
  )
})

test('V21 what changes meanwhile is in no later page', async () => {
  const state = { names: numbered(3), revision: 'r1', now: 1000 }
  const { page } = server(state)
  const first = await page({ limit: 2 })
  Object.assign(state, { names: ['other'], revision: 'r2', now: 2000 })
  expect(await page({ token: first.next_token })).toMatchObject({
    names: ['n2'],
    next_token: '',
    data_revision: 'r1',
  })
  expect((await page({ limit: 2 })).names).toEqual(['other'])
})

test('V21 another server goes on as long as the data is the same, and refuses then', async () => {
  const state = { names: numbered(3), revision: 'r1', now: 1000 }
  const { next_token: token } = await server(state).page({ limit: 2 })
  const other = server(state)
  state.now = 2000
  expect((await other.page({ token })).names).toEqual(['n2'])
  // By the clock of the first page.
  expect(other.searched).toEqual([1000])
  state.revision = 'r2'
  await expect(server(state).page({ token })).rejects.toEqual(refused)
})

test('a page has its limit, and a token is good for some minutes only', async () => {
  const state = { names: numbered(largestLimit + 5), revision: 'r1', now: 1000 }
  const { page } = server(state)
  expect((await page({})).names).toHaveLength(100)
  expect((await page({ limit: 1_000_000 })).names).toHaveLength(largestLimit)
  const none = await page({ limit: 0 })
  expect(none.names).toEqual([])
  const { next_token: token } = await page({ limit: 5 })
  await expect(page({ token, limit: 6 })).rejects.toEqual(refused)
  expect((await page({ token, limit: 5 })).names).toEqual(['n5', 'n6', 'n7', 'n8', 'n9'])
  state.now += goodForMs + 1
  await expect(page({ token })).rejects.toEqual(refused)
})

test('V19 a token that was tampered with, or is of another tenant, caller, question or secret, is refused', async () => {
  const state = { names: numbered(3), revision: 'r1', now: 1000 }
  const { page } = server(state)
  const { next_token: token } = await page({ limit: 1 })
  const bytes = Buffer.from(token, 'base64url')
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const forged = Buffer.from(bytes)
    forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    await expect(page({ token: forged.toString('base64url') })).rejects.toEqual(refused)
  }
  for (let length = 1; length < token.length; length++)
    await expect(page({ token: token.slice(0, length) })).rejects.toEqual(refused)
  for (let n = 0; n < list.length; n++) {
    const other = list.map((each, i) => (i === n ? 'other' : each))
    await expect(page({ token }, other)).rejects.toEqual(refused)
  }
  await expect(server(state, 'another').page({ token })).rejects.toEqual(refused)
})

test('what is kept is bounded, and what is gone is found again', async () => {
  const state = { names: numbered(30_000), revision: 'r1', now: 1000 }
  const { page, searched } = server(state)
  const { next_token: token } = await page({ limit: 1 })
  for (let n = 0; n < 8; n++) await page({ limit: 1 })
  expect((await page({ token })).names).toEqual(['n1'])
  expect(searched.at(-1)).toBe(1000)
  expect(searched).toHaveLength(10)
})

test('one tenant’s large searches push out its own, and nobody else’s', async () => {
  const state = { names: numbered(100), revision: 'r1', now: 1000 }
  const { page } = server(state)
  const small = ['tenant-b', ...list.slice(1)]
  const { next_token: token } = await page({ limit: 1 }, small)
  Object.assign(state, { names: numbered(30_000), revision: 'r2' })
  for (let n = 0; n < 20; n++) await page({ limit: 1 })
  // Of data that is not there any more: it was kept, or it is gone.
  expect((await page({ token }, small)).names).toEqual(['n1'])
})
