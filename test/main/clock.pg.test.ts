import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { devIss } from '#main/dev-issuer.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'

const hour = 3_600_000
const machine = Date.now.bind(Date)

let server: Server
beforeAll(async () => {
  // Five minutes late already when it starts.
  setClock(-5 * 60_000)
  server = await startServer()
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => server?.stop())

test('F21 F22 rights begin and end by the database’s clock, whatever this machine’s says', async () => {
  const right = (subject: string, entitlement: string, from: number, to: number) => {
    const window = [from, to].map((ms) => ({ seconds: BigInt(Math.floor((machine() + ms) / 1000)) }))
    const [startsAt, endsAt] = window as [{ seconds: bigint }, { seconds: bigint }]
    return server.operator.grant({
      holder: { holder: { case: 'identity', value: { issuer: devIss, subject } } },
      target: { target: { case: 'entitlement', value: entitlement } },
      tenant: 'acme',
      startsAt,
      endsAt,
    })
  }
  await right('ended', 'docs_paid', -2 * hour, -60_000)
  await right('running', 'docs_paid', -60_000, 2 * hour)
  // Given without a start, by a machine that is ahead: from now on, by the same clock that decides.
  setClock(5 * 60_000)
  const { revision } = await server.operator.grant({
    holder: { holder: { case: 'identity', value: { issuer: devIss, subject: 'given-now' } } },
    target: { target: { case: 'entitlement', value: 'docs_paid' } },
    tenant: 'acme',
  })
  const allowed = async () => {
    const consistency = { demand: { case: 'atLeast', value: revision } } as const
    const ask = async (subject: string) => {
      const principal = { case: 'principal', value: { issuer: devIss, subject } } as const
      const question = {
        entitlement: 'docs_paid',
        subject: { subject: principal },
        tenant: 'acme',
        consistency,
      }
      return (await server.operator.check(question)).allowed
    }
    return { ended: await ask('ended'), running: await ask('running'), given: await ask('given-now') }
  }
  for (const skew of [-5 * 60_000, -hour, 24 * hour, 5 * 60_000, 0]) {
    setClock(skew)
    expect(await allowed()).toEqual({ ended: false, running: true, given: true })
  }
})

function setClock(skew: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => machine() + skew)
}
