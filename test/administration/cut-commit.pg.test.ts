import { afterAll, beforeAll, expect, test } from 'vitest'
import { batchGrant } from '#admin/batch-grant.ts'
import type { Command, Scope } from '#admin/command.ts'
import { idempotent } from '#admin/idempotent.ts'
import { createPageTokens } from '#admin/page-tokens.ts'
import { revokeByReference } from '#admin/revoke-by-reference.ts'
import { startTrial } from '#admin/start-trial.ts'
import { linkIdentity } from '#admin/subject-changes.ts'
import { openPool, type Sql, type Tx } from '#postgres/pool.ts'
import { newWorld, type World } from '#test/admin/world.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'
import { type FaultProxy, faultProxy } from '#test/postgres/fault-proxy.ts'

let database: FreshDatabase
let world: World
let broken: FaultProxy
beforeAll(async () => {
  database = await freshDatabase()
  world = await newWorld(database.sql)
  broken = await faultProxy(database.url)
})
afterAll(async () => {
  await broken.close()
  await database.drop()
})

const scope = (): Scope => ({
  ...world.by,
  now: world.needs.now(),
  pageTokens: createPageTokens('secret'),
  whoHas: async function* () {},
})
/** What the answer is made of. */
const run = async <I, O>(sql: Sql, id: string, action: string, command: Command<I, O>, body: I) => {
  const work = (tx: Tx) => command(tx, scope(), body)
  const { result, revision } = await idempotent({ sql }, world.by, { action, id, body }, work)
  return { result, revision }
}
const common = { module: '', scope_organization: '', reason: '' }

type Write = readonly [
  name: string,
  send: (sql: Sql, n: number) => Promise<{ readonly result: unknown; readonly revision: unknown }>,
  rows: (n: number) => string,
]

const person = (n: number) => ({ identity: { issuer: 'https://id.test', subject: `p-${n}` } })
const writes: readonly Write[] = [
  [
    'a promotion',
    (sql, n) =>
      run(sql, `batch-${n}`, 'BatchGrant', batchGrant, {
        ...common,
        holders: [{ subject: world.subject }],
        target: { entitlement: 'docs' },
        source: 'promotion',
        source_ref: `promotion-${n}`,
      }),
    (n) => `vouchsafe.grants where source_ref = 'promotion-${n}'`,
  ],
  [
    'a trial',
    (sql, n) =>
      run(sql, `trial-${n}`, 'StartTrial', startTrial, {
        ...common,
        holder: person(n),
        plan: 'pro',
        days: 3,
      }),
    (n) =>
      `vouchsafe.trial_uses t join vouchsafe.identities i on i.tenant_id = t.tenant_id and i.subject_id = t.subject_id where i.sub = 'p-${n}'`,
  ],
  [
    'an identity',
    (sql, n) =>
      run(sql, `link-${n}`, 'LinkIdentity', linkIdentity, {
        subject: `sub_${world.subject}`,
        identity: { issuer: 'https://id.test', subject: `linked-${n}`, email: '' },
      }),
    (n) => `vouchsafe.identities where sub = 'linked-${n}'`,
  ],
  [
    'a revocation',
    (sql, n) =>
      run(sql, `revoke-${n}`, 'RevokeByReference', revokeByReference, {
        source_ref: `promotion-${n}`,
        holders: [],
        reason: `over ${n}`,
      }),
    (n) => `vouchsafe.grants where revoke_reason = 'over ${n}'`,
  ],
]

test.each(writes)(
  'F9 %s whose connection is cut anywhere, also after COMMIT was sent, is done once, and its repeat gets the first answer',
  async (_, send, rows) => {
    const count = async (n: number) => {
      const [row] = await database.sql.unsafe(`select count(*)::integer as count from ${rows(n)}`)
      return row?.count as number
    }
    const outcomes = new Set<string>()
    for (let n = 0; !outcomes.has('answered') && n < 200; n++) {
      // A connection of its own each time: what opens again waits longer and longer.
      const through = openPool({ url: broken.url, max: 1 })
      await through`select 1`
      broken.cutAfter(n)
      const first = await send(through, n).catch(() => undefined)
      broken.cutAfter(Number.POSITIVE_INFINITY)
      await through.end({ timeout: 0 })
      const committed = await count(n)
      outcomes.add(first ? 'answered' : committed > 0 ? 'lost its answer' : 'never happened')
      const repeat = await send(database.sql, n)
      if (first) expect(repeat).toEqual(first)
      expect(await send(database.sql, n)).toEqual(repeat)
      expect(await count(n)).toBe(1)
    }
    expect([...outcomes]).toEqual(['never happened', 'lost its answer', 'answered'])
  },
)
