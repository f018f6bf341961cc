import { Stripe } from 'stripe'
import { newId } from '#postgres/uuid.ts'
import type { Server } from '#test/end-to-end/server.ts'

const { webhooks } = new Stripe('sk_none')

export type AccountFields = {
  readonly key: string
  readonly account?: string
  readonly livemode?: boolean
  /** References. */
  readonly secrets: readonly string[]
  readonly active?: boolean
}

/** A Stripe account of the tenant; gives its row's id. */
export async function addAccount(server: Server, tenant: string, fields: AccountFields): Promise<string> {
  const { key, account = null, livemode = false, secrets, active = true } = fields
  const id = newId()
  await server.write(
    tenant,
    (tx) => tx`
      insert into vouchsafe.stripe_accounts (tenant_id, id, key, account, livemode, api_key, webhook_secrets, active)
      values (${tenant}, ${id}, ${key}, ${account}, ${livemode}, 'env:NO_SUCH_STRIPE_KEY', ${secrets as string[]}::text[], ${active})`,
  )
  return id
}

let count = 0

/** An event as Stripe words it; `object` is what happened to it. */
export function eventOf(
  type: string,
  object: object,
  fields: object = {},
): Record<string, unknown> & { id: string } {
  return {
    id: `evt_${process.pid}_${++count}`,
    object: 'event',
    api_version: '2026-10-28.endive',
    created: Math.floor(Date.now() / 1000),
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    ...fields,
  }
}

export type Signing = { readonly secret: string /** ms. */; readonly at?: number; readonly scheme?: string }

export function signatureOf(payload: string, { secret, at = Date.now(), scheme = 'v1' }: Signing): string {
  const timestamp = Math.floor(at / 1000)
  return webhooks.generateTestHeaderString({ payload, secret, timestamp, scheme })
}

export type Reply = { readonly status: number; readonly body: Record<string, unknown> }

/** Posts a body as it is. */
export async function post(
  { http }: Pick<Server, 'http'>,
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const reply = await fetch(`http://${http}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body,
  })
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
}

/** Delivers as Stripe does. */
export function deliver(
  server: Pick<Server, 'http'>,
  endpoint: string,
  event: object,
  signing: Signing,
): Promise<Reply> {
  const payload = JSON.stringify(event, null, 2)
  return post(server, `/webhooks/stripe/${endpoint}`, payload, {
    'stripe-signature': signatureOf(payload, signing),
  })
}
