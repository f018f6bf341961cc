import type { Tx } from '#postgres/pool.ts'

const most = 10

/** Whom a restriction locks out though it asks everybody it knows: what people read before, in a dry run. */
export async function restrictionWarnings(tx: Tx, tenant: string): Promise<readonly string[]> {
  const rows = await tx<{ iss: string }[]>`
    select distinct iss from vouchsafe.issuers where tenant_id = ${tenant} and authority <> 'database'
    order by iss limit ${most + 1}`
  const issuers = rows.slice(0, most).map(({ iss }) => iss)
  if (rows.length > most) issuers.push('others')
  const warnings = [
    'Only people with a row here were asked and got a right. Whoever has none loses access: grant them the product before.',
  ]
  if (issuers.length > 0)
    warnings.push(
      `Tokens give rights by themselves (${issuers.join(', ')}). Whoever has access by a token alone got no right and loses access: grant them the product before.`,
    )
  return warnings
}
