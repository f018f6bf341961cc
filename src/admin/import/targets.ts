import { checkValue } from '#admin/check-grant.ts'
import { AppError } from '#core/errors.ts'
import type { Json } from '#core/json.ts'
import type { Tx } from '#postgres/pool.ts'
import type { ImportPerson, ImportRight, TargetKind } from './import-row.ts'

export type Target = {
  readonly entitlement_id: string | null
  readonly product_id: string | null
  readonly plan_version_id: string | null
  /** The entitlement's. */
  readonly kind: string | null
  /** Why nothing can be given of it. */
  readonly refused?: string
}

/** Finds what the rights of a slice name. */
export type Targets = {
  /** What a right gives, or why it cannot be given to such a holder. */
  readonly of: (right: ImportRight, isOrganization: boolean) => Target | string
}

type Row = Target & { readonly name: string }

/** Looks up all that the rights of these people name, in a few statements however many they are. */
export async function readTargets(tx: Tx, tenant: string, people: readonly ImportPerson[]): Promise<Targets> {
  const named = { entitlement: new Set<string>(), product: new Set<string>(), plan: new Set<string>() }
  const modules = new Set<string>()
  for (const { rights } of people) {
    for (const { kind, target, module } of rights) {
      named[kind].add(target)
      if (module !== undefined) modules.add(module)
    }
  }
  const found: Record<TargetKind, Map<string, Row>> = {
    entitlement: byName(
      named.entitlement.size > 0 ? await entitlements(tx, tenant, [...named.entitlement]) : [],
    ),
    product: byName(named.product.size > 0 ? await products(tx, tenant, [...named.product]) : []),
    plan: byName(named.plan.size > 0 ? await plans(tx, tenant, [...named.plan]) : []),
  }
  const known = modules.size > 0 ? await moduleRows(tx, tenant, [...modules]) : new Map<string, string>()
  return {
    of(right, isOrganization) {
      const { kind, target, module, value } = right
      const row = found[kind].get(target)
      if (!row) return `There is no ${kind === 'plan' ? 'published plan' : kind} "${target}".`
      if (row.refused) return row.refused
      const problem =
        module === undefined ? undefined : moduleProblem(module, known.get(module), isOrganization)
      if (problem !== undefined) return problem
      return value === undefined ? row : (valueProblem(value, row.kind) ?? row)
    },
  }
}

/** As when it is granted: checkProvisioning. */
function moduleProblem(module: string, provisioning: string | undefined, isOrganization: boolean) {
  if (provisioning === undefined) return `There is no module "${module}".`
  if ((provisioning === 'direct_user') !== isOrganization) return undefined
  const holders = isOrganization ? 'people' : 'organizations'
  return `In the module "${module}" (${provisioning}) rights are imported for ${holders}.`
}

function valueProblem(value: Json, kind: string | null): string | undefined {
  try {
    checkValue(value, kind)
    return undefined
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}

function byName(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.name, row]))
}

const nothing = { entitlement_id: null, product_id: null, plan_version_id: null, kind: null }

async function entitlements(tx: Tx, tenant: string, keys: string[]): Promise<readonly Row[]> {
  const rows = await tx<{ id: string; key: string; kind: string; archived: boolean }[]>`
    select id, key, kind, archived_at is not null as archived from vouchsafe.entitlements
    where tenant_id = ${tenant} and key = any (${keys}::text[])`
  return rows.map(({ id, key, kind, archived }) => ({
    ...nothing,
    name: key,
    entitlement_id: id,
    kind,
    ...(archived && { refused: `The entitlement "${key}" is archived.` }),
  }))
}

async function products(tx: Tx, tenant: string, keys: string[]): Promise<readonly Row[]> {
  const rows = await tx<{ id: string; key: string }[]>`
    select id, key from vouchsafe.products where tenant_id = ${tenant} and key = any (${keys}::text[])`
  return rows.map(({ id, key }) => ({ ...nothing, name: key, product_id: id }))
}

async function plans(tx: Tx, tenant: string, names: string[]): Promise<readonly Row[]> {
  const rows = await tx<{ id: string; name: string }[]>`
    select distinct on (w.name) w.name, v.id
    from unnest(${names}::text[]) w (name)
    join vouchsafe.plans p on p.tenant_id = ${tenant} and p.key = split_part(w.name, '@', 1)
    join vouchsafe.plan_versions v on v.tenant_id = p.tenant_id and v.plan_id = p.id
      and case when w.name like '%@%' then v.status <> 'draft' and v.n::text = split_part(w.name, '@', 2)
        else v.status = 'published' end
    order by w.name, v.n desc`
  return rows.map(({ id, name }) => ({ ...nothing, name, plan_version_id: id }))
}

async function moduleRows(tx: Tx, tenant: string, keys: string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await tx<{ key: string; provisioning: string }[]>`
    select key, provisioning from vouchsafe.modules where tenant_id = ${tenant} and key = any (${keys}::text[])`
  return new Map(rows.map(({ key, provisioning }) => [key, provisioning]))
}
