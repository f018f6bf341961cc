import type { Sql } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'
import type { StripeAccount } from './account.ts'

/** The active accounts of all tenants, by their keys. */
export function readAccounts(sql: Sql): Promise<readonly StripeAccount[]> {
  return readFeed(sql, async (tx) => {
    const rows = await tx<Row[]>`
      select tenant_id, id, key, account, livemode, api_key, webhook_secrets, reference_issuer, metadata_key, active
      from vouchsafe.stripe_accounts where active order by key`
    return rows.map(accountOf)
  })
}

type Row = {
  readonly tenant_id: string
  readonly id: string
  readonly key: string
  readonly account: string | null
  readonly livemode: boolean
  readonly api_key: string
  readonly webhook_secrets: readonly string[]
  readonly reference_issuer: string | null
  readonly metadata_key: string | null
  readonly active: boolean
}

function accountOf({ tenant_id, account, reference_issuer, metadata_key, ...rest }: Row): StripeAccount {
  return {
    tenant: tenant_id,
    ...rest,
    ...(account === null ? {} : { account }),
    ...(reference_issuer === null ? {} : { reference_issuer }),
    ...(metadata_key === null ? {} : { metadata_key }),
  }
}
