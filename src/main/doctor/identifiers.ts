import { randomBytes } from 'node:crypto'
import { createPageTokens } from '#admin/page-tokens.ts'
import { encodeRevision } from '#core/revision.ts'
import type { Sql, Tx } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { newId } from '#postgres/uuid.ts'
import type { OwnValues } from './requests.ts'

/** What names something of another tenant, and its like that names nothing anywhere. */
export type Identifier = { readonly kind: string; readonly theirs: string; readonly nobodys: string }

type Named = { readonly table: string; readonly column: string; readonly value: string }

const prefixes: Readonly<Record<string, string>> = {
  subjects: 'sub_',
  organizations: 'org_',
  grants: 'grt_',
  callers: 'clr_',
  issuers: 'iss_',
  tenants: 'ten_',
  price_mappings: 'prm_',
  routes: 'rte_',
  seat_pools: 'pol_',
  seats: 'sea_',
  seat_invitations: 'inv_',
  delegations: 'dlg_',
}

/** One identifier of each kind that the other tenant has and the asking one has not. */
export async function identifiersOf(sql: Sql, theirs: string, own: string): Promise<readonly Identifier[]> {
  const [named, mine] = await Promise.all([namesOf(sql, theirs), namesOf(sql, own)])
  const known = new Set(mine.map(({ value }) => value))
  const found = new Map<string, Identifier>()
  for (const { table, column, value } of named) {
    const kind = `${table}.${column}`
    if (known.has(value) || found.has(kind)) continue
    const prefix = (column === 'id' && prefixes[table]) || ''
    found.set(kind, { kind, theirs: prefix + value, nobodys: prefix + like(value) })
  }
  const [head, ownHead] = await Promise.all([headOf(sql, theirs), headOf(sql, own)])
  const token = (tenant: string) => encodeRevision({ ...head, tenant, epoch: newId(), chain: '00'.repeat(8) })
  return [
    ...found.values(),
    { kind: 'revision', theirs: encodeRevision(head), nobodys: token(newId()) },
    ...(head.revision > ownHead.revision
      ? [{ kind: 'number', theirs: String(head.revision), nobodys: String(head.revision + 1_000_000) }]
      : []),
  ]
}

const listed = [
  'products',
  'plans',
  'entitlements',
  'organizations',
  'callers',
  'modules',
  'issuers',
  'grants',
  'stripe_accounts',
]

/** Lists that are told apart by more than their name. */
const filtered: Readonly<Record<string, readonly string[]>> = {
  lifecycles: [],
  stripe_customers: ['', '{}'],
  stripe_events: ['', '', '', ''],
  stripe_marks: ['', ''],
}

/** Where lists of the other tenant go on, as this server would have said it. */
export function pageTokensOf(secret: string, theirs: string): readonly Identifier[] {
  const tokens = createPageTokens(secret)
  const nobody = newId()
  const lists = [...listed.map((table) => [table, ['']] as const), ...Object.entries(filtered)]
  return lists.map(([table, filters]) => ({
    kind: `page_token.${table}`,
    theirs: tokens.write([theirs, table, ...filters], ['0']),
    nobodys: tokens.write([nobody, table, ...filters], ['0']),
  }))
}

/** Values of the asking tenant by the names that fields of requests have. */
export async function ownValues(sql: Sql, tenant: string): Promise<OwnValues> {
  const named = await namesOf(sql, tenant)
  const first = (table: string, column: string) => {
    const value = named.find((each) => each.table === table && each.column === column)?.value
    return value === undefined ? undefined : ((column === 'id' && prefixes[table]) || '') + value
  }
  const values = {
    entitlement: first('entitlements', 'key'),
    product: first('products', 'key'),
    plan: first('plans', 'key'),
    module: first('modules', 'key'),
    organization: first('organizations', 'key'),
    subject: first('subjects', 'id'),
    issuer: first('identities', 'iss'),
    caller: first('callers', 'id'),
    grant: first('grants', 'id'),
    grant_id: first('grants', 'id'),
    pool: first('seat_pools', 'id'),
    account: first('stripe_accounts', 'key'),
    customer: first('stripe_customers', 'customer'),
    key: `doctor-${randomBytes(4).toString('hex')}`,
  }
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as OwnValues
}

const columns = ['id', 'key', 'iss', 'sub', 'request_id', 'customer', 'event_id', 'object', 'external_id']
const sampled = 50

/** Names in the first rows of every table, read within the tenant. */
async function namesOf(sql: Sql, tenant: string): Promise<readonly Named[]> {
  return readTenant(sql, tenant, async (tx) => {
    const places = await tx<{ table: string; column: string }[]>`
      select c.relname::text as table, a.attname::text as column
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
      where n.nspname = 'vouchsafe' and c.relkind in ('r', 'p') and a.attname = any(${columns}::text[])
        and has_table_privilege(c.oid, 'select') order by 1, 2`
    const named: Named[] = []
    for (const { table, column } of places) {
      const rows = await tx.unsafe<{ value: string }[]>(
        `select distinct ${column}::text as value from vouchsafe.${table}
         where ${column} is not null order by 1 limit ${sampled}`,
      )
      named.push(...rows.map(({ value }) => ({ table, column, value })))
    }
    return named
  })
}

async function headOf(sql: Sql, tenant: string) {
  const read = (tx: Tx) =>
    tx<{ tenant: string; epoch: string; revision: number; chain: string }[]>`
      select tenant_id as tenant, epoch, revision, encode(substr(chain, 1, 8), 'hex') as chain
      from vouchsafe.head where tenant_id = ${tenant}`
  const [head] = await readFeed(sql, read)
  return head ?? { tenant, epoch: newId(), revision: 0, chain: '00'.repeat(8) }
}

/** Of the same shape and near it in any order, so that neither a rule of a field nor a list tells the two apart. */
function like(value: string): string {
  if (/^[0-9a-f]{8}-/.test(value)) return newId()
  const random = randomBytes(64).toString('hex')
  const kept = value.length >> 1
  return [...value]
    .map((letter, place) => (place >= kept && /[a-z0-9]/i.test(letter) ? random[place % 128] : letter))
    .join('')
}
