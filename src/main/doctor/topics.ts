/** Texts that name nothing: what somebody writes about a thing. */
const proses =
  /^(reason|name|title|description|note|unit|zone|format|action|source|access|effect|kind|email|table)$/

/** What fields of these names may name. A field of another name is tried with everything. */
const topics: readonly (readonly [RegExp, RegExp])[] = [
  [/^tenant$/, /^tenant$/],
  [/^request_id$/, /^operations\.request_id$/],
  [/^(number|.*_revision)$/, /^number$/],
  [/^(revision|after|at_least|data_revision)$/, /^revision$/],
  [/^page_token$/, /^(page_token\..*|revision|subjects\.id)$/],
  [/subject|principal|member|^user/, /^(subjects\.id|identities\.sub)$/],
  [/^iss(uer)?$/, /^(identities\.iss|issuers\.id)$/],
  [/organization|^parent|^holder$/, /^organizations\./],
  [/^version|plan/, /^(plans|plan_versions)\./],
  [/^product/, /^products\./],
  [/^(member_)?entitlement|^requires/, /^entitlements\./],
  [/^module/, /^modules\./],
  [/^grant/, /^grants\./],
  [/^(key_id|caller)/, /^(callers|caller_keys)\./],
  [/^account$/, /^stripe_accounts\./],
  [/^(customer|event)/, /^stripe_\w+\.(customer|event_id|object)$/],
  [/^external_id$|^price$/, /\.external_id$/],
  [/^pool/, /^seat_pools\./],
  [/^seat/, /^seats\./],
  [/^route/, /^routes\./],
  [/^key$/, /\.key$/],
]

/** Whether a field may name a thing of this kind ("grants.id", "tenant", "revision"). */
export function mayName(field: string, kind: string): boolean {
  if (proses.test(field)) return false
  const topic = topics.find(([name]) => name.test(field))
  if (topic) return topic[1].test(kind)
  return kind !== 'tenant' && kind !== 'number' && !kind.startsWith('page_token')
}
