import type { Catalogue, Module } from '#core/catalogue.ts'
import { buildGivers } from './build-givers.ts'
import { buildPlans } from './build-plans.ts'
import { buildProducts, buildResources } from './build-products.ts'
import { readEntitlement } from './read-entitlement.ts'
import { readIssuer } from './read-issuer.ts'
import { boolean, integer, oneOf, optionalText, PoisonRow, type Row, text } from './row.ts'
import { type OnPoison, readEach, salvage } from './salvage.ts'
import type { SmallRows } from './small-tables.ts'

/** A new catalogue out of a tenant's small rows. Of a tenant whose own row cannot be read, nothing is offered. */
export function buildCatalogue(tenantId: string, rows: SmallRows, onPoison: OnPoison): Catalogue {
  const tenant = salvage('tenants', onPoison, () => readTenant(tenantId, rows))
  if (tenant === undefined) return emptyCatalogue(tenantId)
  const entitlements = new Map(
    readEach(rows.all('entitlements'), 'entitlements', onPoison, readEntitlement)
      .filter(({ archived }) => !archived)
      .map((definition) => [definition.key, definition]),
  )
  const products = buildProducts(rows, onPoison)
  const { plans, plan_versions } = buildPlans(rows, onPoison)
  return {
    tenant,
    modules: new Map([...rows.all('modules')].map((row) => [String(row.key), readModule(row, onPoison)])),
    entitlements,
    products,
    plans,
    plan_versions,
    givers: buildGivers(rows, { entitlements, products, plan_versions }, onPoison),
    resources: buildResources(rows, onPoison),
    issuers: readEach(rows.all('issuers'), 'issuers', onPoison, readIssuer),
  }
}

function emptyCatalogue(id: string): Catalogue {
  return {
    tenant: { id, key: id, grace_days: 0, active: false },
    modules: new Map(),
    entitlements: new Map(),
    products: new Map(),
    plans: new Map(),
    plan_versions: new Map(),
    givers: new Map(),
    resources: new Map(),
    issuers: [],
  }
}

function readTenant(id: string, rows: SmallRows): Catalogue['tenant'] {
  const row = rows.get('tenants', {})
  if (row === undefined) throw new PoisonRow('there is no row')
  const defaultModule = optionalText(row, 'default_module')
  const defaultTier = optionalText(row, 'default_tier')
  return {
    id,
    key: text(row, 'key'),
    grace_days: integer(row, 'grace_days'),
    ...(defaultModule !== undefined && { default_module: defaultModule }),
    ...(defaultTier !== undefined && { default_tier: defaultTier }),
    active: boolean(row, 'active'),
  }
}

// A module left out would take its membership guard with it, so a poison one has a guard that nobody passes.
function readModule(row: Row, onPoison: OnPoison): Module {
  const module = salvage('modules', onPoison, (): Module => {
    const member = optionalText(row, 'member_entitlement')
    return {
      key: text(row, 'key'),
      provisioning: oneOf(row, 'provisioning', ['org_hierarchy', 'direct_user', 'delegated_admin']),
      ...(member !== undefined && { member_entitlement: member }),
      zone: readZone(row),
    }
  })
  const closed = {
    key: String(row.key),
    provisioning: 'direct_user',
    member_entitlement: '!',
    zone: 'UTC',
  } as const
  return module ?? closed
}

function readZone(row: Row): string {
  const zone = text(row, 'zone')
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
  } catch {
    throw new PoisonRow('zone is no time zone')
  }
  return zone
}
