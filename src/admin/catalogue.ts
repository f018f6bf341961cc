import type { Issuer, Module, Resource } from '#core/catalogue.ts'
import type { AttributeRule, Combine, DenyAs, EntitlementKind, FailMode } from '#core/entitlement.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { notFound } from './not-found.ts'

// Each adds one row of the catalogue, inside withTenant; what is left out takes the table's default.

export async function addModule(
  tx: Tx,
  tenant: string,
  module: Partial<Module> & { readonly key: string },
): Promise<void> {
  await tx`insert into vouchsafe.modules ${tx({ tenant_id: tenant, ...module })}`
}

/** Operators only: (iss, audience) is unique over all tenants. Taken: AppError ALREADY_EXISTS. */
export async function addIssuer(
  tx: Tx,
  tenant: string,
  issuer: Partial<Omit<Issuer, 'tenant'>> & Pick<Issuer, 'iss' | 'audiences'>,
): Promise<string> {
  const id = issuer.id ?? newId()
  const { jwks, claim_map, audiences, algorithms, ...rest } = issuer
  const row = {
    tenant_id: tenant,
    ...rest,
    id,
    audiences: [...audiences],
    ...(algorithms && { algorithms: [...algorithms] }),
    ...(jwks && { jwks: tx.json(jwks as never) }),
    ...(claim_map && { claim_map: tx.json(claim_map as never) }),
  }
  await tx`insert into vouchsafe.issuers ${tx(row as never)}`
  return id
}

export type NewEntitlement = {
  readonly key: string
  readonly name?: string
  /** Default boolean. */
  readonly kind?: EntitlementKind
  readonly combine: Combine
  readonly attributes?: Readonly<Record<string, AttributeRule>>
  readonly requires?: readonly string[]
  readonly requires_facts?: readonly string[]
  readonly experiment?: { readonly key: string; readonly variants: readonly string[] }
  readonly unit?: string
  readonly deny_as?: DenyAs
  readonly fail_mode?: FailMode
}

export async function addEntitlement(tx: Tx, tenant: string, entitlement: NewEntitlement): Promise<string> {
  const id = newId()
  const { attributes, requires, requires_facts, experiment, fail_mode, ...rest } = entitlement
  const row = {
    tenant_id: tenant,
    id,
    ...rest,
    ...(attributes && { attributes: tx.json(attributes as never) }),
    ...(requires && { requires: [...requires] }),
    ...(requires_facts && { requires_facts: [...requires_facts] }),
    ...(experiment && { experiment: tx.json(experiment as never) }),
    ...(fail_mode && { fail_mode: tx.json(fail_mode as never) }),
  }
  await tx`insert into vouchsafe.entitlements ${tx(row as never)}`
  return id
}

/** Any key that matches `pattern` ("docs_paid*") also gives the entitlement (S002-32). */
export async function addFamily(tx: Tx, tenant: string, pattern: string, entitlement: string): Promise<void> {
  const id = await entitlementId(tx, tenant, entitlement)
  await tx`insert into vouchsafe.entitlement_families ${tx({ tenant_id: tenant, pattern, entitlement_id: id })}`
}

export type NewProduct = {
  readonly key: string
  readonly name?: string
  /** Default false: open to every member (S001-1). */
  readonly requires_entitlement?: boolean
  readonly active?: boolean
  /** Exceptions by surface: the open documents of a restricted product. */
  readonly surfaces?: Readonly<Record<string, { readonly open?: boolean; readonly deny_as?: DenyAs }>>
}

export async function addProduct(tx: Tx, tenant: string, product: NewProduct): Promise<string> {
  const id = newId()
  const { surfaces = {}, ...rest } = product
  await tx`insert into vouchsafe.products ${tx({ tenant_id: tenant, id, ...rest })}`
  for (const [surface, exception] of Object.entries(surfaces)) {
    const row = { tenant_id: tenant, product_id: id, surface, ...exception }
    await tx`insert into vouchsafe.product_entitlements ${tx(row)}`
  }
  return id
}

export async function addResource(
  tx: Tx,
  tenant: string,
  resource: Resource & { readonly name?: string },
): Promise<void> {
  const { entitlement, ...rest } = resource
  const id = entitlement === undefined ? null : await entitlementId(tx, tenant, entitlement)
  await tx`insert into vouchsafe.resources ${tx({ tenant_id: tenant, ...rest, entitlement_id: id })}`
}

export async function entitlementId(tx: Tx, tenant: string, key: string): Promise<string> {
  const [row] = await tx<{ id: string }[]>`
    select id from vouchsafe.entitlements where tenant_id = ${tenant} and key = ${key}`
  if (!row) throw notFound('entitlement', key)
  return row.id
}

export async function productId(tx: Tx, tenant: string, key: string): Promise<string> {
  const [row] = await tx<{ id: string }[]>`
    select id from vouchsafe.products where tenant_id = ${tenant} and key = ${key}`
  if (!row) throw notFound('product', key)
  return row.id
}
