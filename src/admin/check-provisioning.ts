import type { Module } from '#core/catalogue.ts'
import type { Tx } from '#postgres/pool.ts'
import { failed } from './failed.ts'
import { notFound } from './not-found.ts'

/** How rights are provisioned in a module. Unknown: AppError NOT_FOUND. */
export async function provisioningOf(
  tx: Tx,
  tenant: string,
  module: string,
): Promise<Module['provisioning']> {
  const [row] = await tx<{ provisioning: Module['provisioning'] }[]>`
    select provisioning from vouchsafe.modules where tenant_id = ${tenant} and key = ${module}`
  if (!row) throw notFound('module', module)
  return row.provisioning
}

type Given = {
  readonly subject_id: string | null
  readonly organization_id: string | null
  readonly scope_organization_id: string | null
  readonly effect: string
}

/**
 * Whether a grant that names a module fits how that is provisioned: to people where it is `direct_user`; else to an
 * organization, or to a person in one. Denials always fit. Else: FAILED_PRECONDITION.
 */
export async function checkProvisioning(tx: Tx, tenant: string, module: string, given: Given): Promise<void> {
  const provisioning = await provisioningOf(tx, tenant, module)
  if (given.effect === 'deny') return
  if (provisioning === 'direct_user') {
    if (given.organization_id !== null) throw unfit(module, provisioning, 'rights are given to people')
    return
  }
  if (given.subject_id !== null && given.scope_organization_id === null) {
    throw unfit(module, provisioning, 'a person’s right names its organization')
  }
}

/** Seats are an organization’s. */
export async function checkSeatsIn(tx: Tx, tenant: string, module: string): Promise<void> {
  const provisioning = await provisioningOf(tx, tenant, module)
  if (provisioning === 'direct_user') throw unfit(module, provisioning, 'there are no seats')
}

function unfit(module: string, provisioning: string, says: string) {
  return failed(`In the module "${module}" (${provisioning}) ${says}.`, { module, provisioning })
}
