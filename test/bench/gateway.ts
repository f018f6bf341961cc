import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { addCaller, addCallerKey } from '#admin/callers.ts'
import { findTenant } from '#admin/find-tenant.ts'
import { encodeRevision } from '#core/revision.ts'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { apiKeyRandomBytes, generateApiKey } from '#identity/api-key.ts'
import { openPool, type Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { routeOf } from '#test/doors/conformance/route-of.ts'
import type { Calls } from './call.ts'
import type { BenchQuestion } from './questions.ts'

export type Gateway = {
  /** A key of the tenant's gateway, and of a service of the tenant's. */
  readonly key: string
  readonly service: string
  /** Fills the tenant's routes up to `manyRoutes`, or leaves only those that are asked; comes back when the server has it. */
  readonly fill: (many: boolean) => Promise<void>
  readonly close: () => Promise<void>
}

export const manyRoutes = 2000
/** After a change of so many, until what it left is collected. */
const settleMs = 500

/** Makes a route for each question, so that a gateway's request asks the same. */
export async function openGateway(
  databaseUrl: string,
  { call }: Calls,
  questions: readonly BenchQuestion[],
): Promise<Gateway> {
  const sql = openPool({ url: databaseUrl, max: 1 })
  const tenant = (await findTenant({ sql }, 'acme')) ?? ''
  const routes = [
    ...new Map(questions.map((ask) => [routeOf(ask).route.pattern, routeOf(ask).route])).values(),
  ]

  async function write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const { result, revision } = await withTenant(sql, { tenant, actor: 'bench', action: 'Bench' }, work)
    const [ask] = questions
    const subject = { subject: { case: 'accessToken', value: ask?.token ?? '' } } as const
    const consistency = { demand: { case: 'atLeast', value: encodeRevision(revision) } } as const
    await call(DecisionService.method.check, { subject, entitlement: 'docs_paid', consistency })
    return result
  }
  const rows = (patterns: readonly { readonly pattern: string }[]) =>
    patterns.map((each) => ({
      tenant_id: tenant,
      id: newId(),
      method: 'GET',
      all_of: ['docs_paid'],
      ...each,
    }))

  const keys = await write(async (tx) => {
    await tx`insert into vouchsafe.routes ${tx(rows(routes) as never)}`
    return [await newKey(tx, tenant, 'gateway'), await newKey(tx, tenant, 'service')] as const
  })
  let filled = false
  return {
    key: keys[0],
    service: keys[1],
    async fill(many) {
      if (many === filled) return
      const more = Array.from({ length: manyRoutes - routes.length }, (_, n) => ({ pattern: patternOf(n) }))
      await write((tx) =>
        many
          ? tx`insert into vouchsafe.routes ${tx(rows(more) as never)}`
          : tx`delete from vouchsafe.routes where tenant_id = ${tenant} and pattern = any(${more.map(({ pattern }) => pattern)})`,
      )
      filled = many
      await sleep(settleMs)
    },
    close: () => sql.end(),
  }
}

/** Some beside those that are asked, some below the same segments. */
function patternOf(n: number): string {
  if (n % 3 === 0) return `/ask/more-${n}/{id}`
  return n % 3 === 1 ? `/services/${n % 40}/actions/${n}` : `/files/{folder}/${n}/{rest...}`
}

async function newKey(tx: Tx, tenant: string, role: 'gateway' | 'service'): Promise<string> {
  const { text, id, sha256 } = generateApiKey(randomBytes(apiKeyRandomBytes))
  const caller = await addCaller(tx, tenant, { name: `bench-${role}`, kind: 'key', roles: [role] })
  await addCallerKey(tx, tenant, caller, { id, sha256 })
  return text
}
