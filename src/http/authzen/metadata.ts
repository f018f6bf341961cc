/** A tenant's key. */
const tenantKey = /^[a-z0-9][a-z0-9_.-]{0,62}$/
const accessRequests = 'urn:openid:authzen:capability:access-request'

/**
 * What a client may know before it asks, at the well-known place of an identifier: the public address, or that of one tenant
 * below it. `rest` is what follows the well-known path, without the slash. Undefined where there is nothing.
 * Nothing of a request goes into it but the tenant's key.
 */
export function metadataOf(publicUrl: string, rest: string, accessRequestUrl: string | undefined) {
  const { origin, pathname } = new URL(publicUrl)
  const base = pathname === '/' ? '' : pathname.slice(1)
  const tenant = base === '' ? rest : rest === base ? '' : rest.slice(base.length + 1)
  const place = [base, tenant].filter((each) => each !== '').join('/')
  if (place !== rest || (tenant !== '' && !tenantKey.test(tenant))) return undefined
  const pdp = place === '' ? origin : `${origin}/${place}`
  return {
    policy_decision_point: pdp,
    access_evaluation_endpoint: `${pdp}/access/v1/evaluation`,
    access_evaluations_endpoint: `${pdp}/access/v1/evaluations`,
    search_subject_endpoint: `${pdp}/access/v1/search/subject`,
    search_resource_endpoint: `${pdp}/access/v1/search/resource`,
    search_action_endpoint: `${pdp}/access/v1/search/action`,
    supported_obligations: ['custom'],
    ...(accessRequestUrl !== undefined && {
      access_request_endpoint: accessRequestUrl,
      capabilities: [accessRequests],
    }),
  }
}
