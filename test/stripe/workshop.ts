import { expect, onTestFinished } from 'vitest'
import { addMember, addOrganization } from '#admin/organizations.ts'
import { resolveTarget } from '#admin/resolve-target.ts'
import { assignSeat } from '#admin/seats.ts'
import type { Sql } from '#postgres/pool.ts'
import { openPool } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import type { StripeAccount } from '#stripe/account.ts'
import { createStripeApi } from '#stripe/api/create-api.ts'
import { envelopeOf } from '#stripe/envelope.ts'
import { createInbox } from '#stripe/inbox.ts'
import type { Via } from '#stripe/keep-events.ts'
import { readAccounts } from '#stripe/read-accounts.ts'
import { type ReplayInput, replay } from '#stripe/replay.ts'
import { createWorker, type Worker } from '#stripe/work.ts'
import { addEntitlement, addPlan, addProduct, publishPlan } from '#test/fixtures/catalogue.ts'
import { freshDatabase } from '#test/postgres/database.ts'
import { newTenant } from '#test/postgres/new-tenant.ts'
import { startFakeStripe } from './fake/start-fake-stripe.ts'

export type Logged = { readonly fields: object; readonly message: string }
type WorkerNeeds = Partial<Parameters<typeof createWorker>[0]>

export type MarkRow = {
  readonly object: string
  readonly state: string
  readonly attempts: number
  readonly generation: number
  readonly error: string | null
  readonly due_at: number
  readonly lease_until: number | null
}

export const webhookSecret = 'whsec_uQ0iVr4MhEx7DzSg2LpA'

/**
 * A tenant that sells the plan "pro" and the product "course" through an account at a Stripe of its own, on a fresh
 * database; its clock can be moved. Nothing works at what arrives until a worker is opened.
 */
export async function openWorkshop(
  options: { readonly prices?: Readonly<Record<'pro' | 'team' | 'course', string>> } = {},
) {
  const database = await freshDatabase({ max: 20 })
  onTestFinished(database.drop)
  const { sql } = database
  const clock = { ahead: 0 }
  const now = () => Date.now() + clock.ahead
  const fake = await startFakeStripe({ now, checked: false, key: 'sk_test_7Hq2ZkPw9XvLmT4cRb8N' })
  onTestFinished(fake.close)
  const price = options.prices ?? {
    pro: fake.createPrice(),
    team: fake.createPrice(),
    course: fake.createPrice({ once: true }),
  }

  const tenant = await newTenant(sql)
  const write = <T>(work: Parameters<typeof withTenant<T>>[2]) =>
    withTenant(sql, { tenant, actor: 'test', action: 'Prepare' }, work)
  const account = newId()
  await write(async (tx) => {
    for (const key of ['export', 'sharing']) await addEntitlement(tx, tenant, { key })
    const course = await addProduct(tx, tenant, { key: 'course' })
    for (const [plan, entitlement] of [
      ['pro', 'export'],
      ['team', 'sharing'],
    ] as const) {
      await addPlan(tx, tenant, { key: plan, kind: 'base' })
      const version = await publishPlan(tx, tenant, plan, [{ entitlement }])
      await mapPrice(tx, price[plan], { plan_version_id: version })
    }
    await mapPrice(tx, price.course, { product_id: course })
    await tx`
      insert into vouchsafe.stripe_accounts (tenant_id, id, key, livemode, api_key, webhook_secrets)
      values (${tenant}, ${account}, 'shop', false, 'env:SHOP_KEY', '{env:SHOP_SECRET}')`
  })

  async function mapPrice(
    tx: Parameters<Parameters<typeof write>[0]>[0],
    external_id: string,
    target: object,
  ) {
    await tx`insert into vouchsafe.price_mappings ${tx({ tenant_id: tenant, id: newId(), match: 'price', external_id, ...target } as never)}`
  }

  const [stored] = await readAccounts(sql)
  if (!stored) throw new Error('The account is not there.')
  const shop: StripeAccount = stored
  const log: Logged[] = []
  const note = (fields: object, message: string) => void log.push({ fields, message })
  const needs = { now, log: { info: note, warn: note, error: note } }

  function openApi() {
    const base = new URL(fake.url)
    return createStripeApi({ secret: () => fake.key, base, perSecond: 2000, now, clock: now })
  }

  const openOwnPool = (max = 10) => openPool({ url: database.url, max })

  /** Polls seldom: a test wakes it. On a pool of its own, as another process. */
  function openWorker(more: WorkerNeeds = {}): Worker & { readonly sql: Sql } {
    const pool = openOwnPool()
    const worker = createWorker({
      ...needs,
      sql: pool,
      api: openApi(),
      accounts: () => [shop],
      random: () => 0.5,
      pollMs: 60_000,
      ...more,
    })
    onTestFinished(async () => {
      await worker.close()
      await pool.end({ timeout: 1 })
    })
    return { ...worker, sql: pool }
  }

  /** What arrives, by the inbox that the webhook uses. Default: all that Stripe has not delivered. */
  const inbox = createInbox({ sql, wake: () => undefined })
  async function receive(events = fake.undelivered(), via: Via = 'push', account = shop) {
    const kept = await Promise.all(
      events.map((event) => {
        const envelope = envelopeOf(event)
        if (!envelope) throw new Error('The fake made an event that is none.')
        return inbox.receive(account, envelope, via)
      }),
    )
    for (const { id } of events) fake.markDelivered(id)
    return kept
  }

  async function newSubject(): Promise<string> {
    const id = newId()
    await write(
      (tx) => tx`insert into vouchsafe.subjects (tenant_id, id, kind) values (${tenant}, ${id}, 'user')`,
    )
    return id
  }

  /** A customer that stands for a new subject. */
  async function newCustomer(account = shop) {
    const customer = fake.createCustomer()
    const subject = await newSubject()
    await bind(customer, { subject_id: subject }, account)
    return { customer, subject }
  }

  async function bind(
    customer: string,
    holder: { subject_id: string } | { organization_id: string },
    { id: account } = shop,
  ) {
    await write(async (tx) => {
      await tx`
        insert into vouchsafe.stripe_customers ${tx({
          tenant_id: tenant,
          id: newId(),
          account_id: account,
          customer,
          ...holder,
          bound_by: 'admin',
          bound_at: new Date(now()),
        } as never)}`
      await tx`select vouchsafe.mark_stripe(${account}, ${customer}, ${new Date(now())})`
    })
  }

  /** Gives its reference. */
  async function grantByAdmin(
    holder: string | { organization_id: string } | { subject_id: string },
    plan: string,
  ): Promise<string> {
    const reference = `ticket-${plan}`
    await write(async (tx) => {
      const { plan_version_id } = await resolveTarget(tx, tenant, { plan })
      await tx`insert into vouchsafe.grants ${tx({
        tenant_id: tenant,
        id: newId(),
        ...(typeof holder === 'string' ? { subject_id: holder } : holder),
        plan_version_id,
        source: 'admin',
        source_ref: reference,
        starts_at: new Date(now() - 1000),
      } as never)}`
    })
    return reference
  }

  /** An organization's customer of a plan whose number of seats is the number of people in its pool. */
  async function seatPool(pool: string) {
    const customer = fake.createCustomer()
    const price = fake.createPrice()
    const { result: organization } = await write(async (tx) => {
      const made = await addOrganization(tx, tenant, { key: `org-${pool}` })
      const { plan_version_id } = await resolveTarget(tx, tenant, { plan: 'team' })
      await mapPrice(tx, price, { plan_version_id, quantity: 'follows_seats', pool })
      return made
    })
    await bind(customer, { organization_id: organization })
    /** The pool is there once something was bought. */
    const seat = async (subject: string) => {
      const { result } = await write(async (tx) => {
        const [row] = await tx<{ id: string }[]>`
          select id from vouchsafe.seat_pools where tenant_id = ${tenant} and organization_id = ${organization} and key = ${pool}`
        await addMember(tx, tenant, { organization, subject })
        return assignSeat(tx, tenant, { pool: row?.id ?? '', subject }, { actor: 'test', now: now() })
      })
      return result
    }
    return { customer, price, organization, seat }
  }

  /** Of the same tenant, at the same Stripe. */
  async function anotherAccount(): Promise<StripeAccount> {
    const id = newId()
    await write(
      (tx) => tx`
        insert into vouchsafe.stripe_accounts (tenant_id, id, key, livemode, api_key, webhook_secrets)
        values (${tenant}, ${id}, 'other', false, 'env:SHOP_KEY', '{env:SHOP_SECRET}')`,
    )
    return { ...shop, id, key: 'other' }
  }

  const again = async (input: Partial<ReplayInput>) =>
    (
      await write((tx) =>
        replay(
          tx,
          { tenant, actor: 'test', now: now() },
          { account: '', events: [], customers: [], dead: false, ...input },
        ),
      )
    ).result

  /** What is granted and not taken back, of everybody or of one. */
  const rights = (holder?: string) => sql<
    {
      subject_id: string
      source: string
      source_ref: string
      plan: string | null
      product: string | null
      ended: boolean
      past_due: boolean
      seats: number | null
      begun: boolean
    }[]
  >`
    select g.subject_id, g.source, g.source_ref, p.key as plan, o.key as product,
      coalesce(g.ends_at <= ${new Date(now())}, false) as ended, g.past_due_at is not null as past_due,
      case when g.pool_id is not null then g.quantity end as seats, g.starts_at <= ${new Date(now())} as begun
    from vouchsafe.grants g
    left join vouchsafe.plan_versions v on v.tenant_id = g.tenant_id and v.id = g.plan_version_id
    left join vouchsafe.plans p on p.tenant_id = v.tenant_id and p.id = v.plan_id
    left join vouchsafe.products o on o.tenant_id = g.tenant_id and o.id = g.product_id
    where g.tenant_id = ${tenant} and g.revoked_at is null ${holder === undefined ? sql`` : sql`and ${holder}::uuid in (g.subject_id, g.organization_id)`}
    order by p.key, o.key, g.source_ref`
  const plansOf = async (subject: string) =>
    (await rights(subject)).filter(({ ended }) => !ended).map(({ plan, product }) => plan ?? product)

  const marks = () => sql<MarkRow[]>`
    select object, state, attempts, generation, error, due_at, lease_until from vouchsafe.stripe_marks
    where tenant_id = ${tenant} order by object`
  const events = () => sql<
    {
      event_id: string
      status: string
      revision: number | null
      marks: string | null
      received_via: string
    }[]
  >`
    select event_id, status, revision, marks, received_via from vouchsafe.stripe_events
    where tenant_id = ${tenant} order by created, event_id`
  const changes = () => sql<{ revision: number; actor: string; action: string; cause: string | null }[]>`
    select revision, actor, action, cause from vouchsafe.change where tenant_id = ${tenant} and actor = 'stripe' order by revision`

  /** For a process of its own that serves this shop. */
  const environment = {
    DATABASE_URL: database.url,
    VOUCHSAFE_SECRET: 'kJ8vQ2xW5nR7tY1uB4mL9pD3fG6hS0aZ',
    VOUCHSAFE_DEMO: 'off',
    STRIPE_API_BASE: fake.url,
    VOUCHSAFE_STRIPE_REQUESTS: '2000',
    SHOP_KEY: fake.key,
    SHOP_SECRET: webhookSecret,
  }

  /** Ends with it: the fake was never unlike Stripe. */
  onTestFinished(() => expect(fake.mistakes).toEqual([]))
  return {
    database,
    sql,
    clock,
    now,
    fake,
    price,
    tenant,
    account: shop,
    environment,
    log,
    write,
    mapPrice,
    openApi,
    openPool: openOwnPool,
    openWorker,
    receive,
    newSubject,
    newCustomer,
    bind,
    grantByAdmin,
    seatPool,
    anotherAccount,
    replay: again,
    rights,
    plansOf,
    marks,
    events,
    changes,
  }
}

export type Workshop = Awaited<ReturnType<typeof openWorkshop>>
