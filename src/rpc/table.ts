import { auditRpcs } from './admin/audit.ts'
import { callerRpcs } from './admin/callers.ts'
import { catalogRpcs } from './admin/catalog.ts'
import { delegationRpcs } from './admin/delegations.ts'
import { entitlementRpcs } from './admin/entitlements.ts'
import { grantVerbRpcs } from './admin/grant-verbs.ts'
import { issuerRpcs } from './admin/issuers.ts'
import { moduleRpcs } from './admin/modules.ts'
import { organizationRpcs } from './admin/organizations.ts'
import { planRpcs } from './admin/plans.ts'
import { priceRpcs } from './admin/prices.ts'
import { productRpcs } from './admin/products.ts'
import { resourceRpcs } from './admin/resources.ts'
import { routeRpcs } from './admin/routes.ts'
import { seatRpcs } from './admin/seats.ts'
import { stripeRpcs } from './admin/stripe.ts'
import { subjectRpcs } from './admin/subjects.ts'
import { tenantRpcs } from './admin/tenants.ts'
import { batchCheckRpc } from './batch-check.ts'
import { checkRpc } from './check.ts'
import { checkStreamRpc } from './check-stream.ts'
import { explainRpc } from './explain.ts'
import { filterResourcesRpc } from './filter-resources.ts'
import { grantRpcs } from './grants.ts'
import { listEntitlementsRpc } from './list-entitlements.ts'
import type { RpcNeeds } from './needs.ts'
import type { Rpc } from './rpc.ts'
import { watchRpc } from './watch.ts'

/** Every verb the doors offer. A door adapts the rows to its transport; it adds and leaves out nothing of them. */
export function createVerbTable(needs: RpcNeeds): readonly Rpc[] {
  return [
    checkRpc(needs),
    batchCheckRpc(needs),
    checkStreamRpc(needs),
    listEntitlementsRpc(needs),
    filterResourcesRpc(needs),
    explainRpc(needs),
    watchRpc(needs),
    ...grantRpcs(needs),
    ...grantVerbRpcs(needs),
    ...subjectRpcs(needs),
    ...callerRpcs(needs),
    ...entitlementRpcs(needs),
    ...issuerRpcs(needs),
    ...moduleRpcs(needs),
    ...planRpcs(needs),
    ...priceRpcs(needs),
    ...resourceRpcs(needs),
    ...routeRpcs(needs),
    ...tenantRpcs(needs),
    ...productRpcs(needs),
    ...stripeRpcs(needs),
    ...catalogRpcs(needs),
    ...organizationRpcs(needs),
    ...seatRpcs(needs),
    ...delegationRpcs(needs),
    ...auditRpcs(needs),
  ]
}
