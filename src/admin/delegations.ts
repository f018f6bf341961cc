import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { provisioningOf } from './check-provisioning.ts'
import type { Command, Scope } from './command.ts'
import { failed } from './failed.ts'
import { readId } from './ids.ts'
import { invalid } from './invalid.ts'
import { notFound } from './not-found.ts'
import { type Page, type PageInput, readPage } from './page.ts'
import { findOrAddPerson, type PersonRef } from './person.ts'
import { organization } from './resolve-holder.ts'
import { resolveTarget } from './resolve-target.ts'

type Listed = { readonly entitlement?: string; readonly product?: string; readonly plan?: string }

/** Times as RFC 3339 text. */
export type DelegationDocument = {
  /** "dlg_…" */
  readonly id: string
  readonly delegate: { readonly subject: string }
  readonly organization: string
  /** Empty: every module that is provisioned by delegated admins. */
  readonly module: string
  readonly may_grant: readonly Listed[]
  /** Absent: without limit. */
  readonly max_seats?: number
  readonly seats_handed_out: number
  readonly starts_at: string
  readonly ends_at?: string
  readonly revoked_at?: string
}

export type NewDelegation = {
  readonly delegate: PersonRef
  readonly organization: string
  readonly module: string
  readonly may_grant: readonly Listed[]
  readonly max_seats?: number
  readonly starts_at?: string
  readonly ends_at?: string
}

/** A module that is not provisioned by delegated admins: FAILED_PRECONDITION. */
export const createDelegation: Command<NewDelegation, { readonly delegation: DelegationDocument }> = async (
  tx,
  scope,
  wanted,
) => {
  const { tenant, now } = scope
  const { module } = wanted
  const place = await organization(tx, tenant, wanted.organization)
  if (module !== '') {
    const provisioning = await provisioningOf(tx, tenant, module)
    if (provisioning !== 'delegated_admin')
      throw failed(`In the module "${module}" (${provisioning}) nobody hands out rights by delegation.`, {
        module,
        provisioning,
      })
  }
  const listed = await listedOf(tx, tenant, wanted.may_grant)
  const starts = wanted.starts_at === undefined ? now : Date.parse(wanted.starts_at)
  const ends = wanted.ends_at === undefined ? undefined : Date.parse(wanted.ends_at)
  if (ends !== undefined && ends <= starts) throw invalid('ends_at', 'A delegation ends after it starts.')
  const id = newId(now)
  const row = {
    tenant_id: tenant,
    id,
    subject_id: await findOrAddPerson(tx, tenant, wanted.delegate),
    organization_id: place,
    module: module || null,
    may_grant: listed,
    max_seats: wanted.max_seats ?? null,
    starts_at: new Date(starts),
    ends_at: ends === undefined ? null : new Date(ends),
  }
  await tx`insert into vouchsafe.delegations ${tx(row as never)}`
  return { delegation: await find(tx, scope, id) }
}

/** By id. */
export const getDelegation: Command<string, { readonly delegation: DelegationDocument }> = async (
  tx,
  scope,
  name,
) => ({ delegation: await find(tx, scope, bareId(name)) })

/** In the order they were made; of one organization, where it is named. */
export const listDelegations: Command<
  PageInput & { readonly organization: string; readonly include_ended: boolean },
  Page<DelegationDocument>
> = async (tx, scope, { organization: name, include_ended: all, ...page }) => {
  const { tenant, now } = scope
  const place = name === '' ? undefined : await organization(tx, tenant, name)
  return readPage(
    scope.pageTokens,
    [tenant, 'delegations', place ?? '', String(all)],
    page,
    (after, limit) => tx<{ document: DelegationDocument }[]>`
      ${select(tx, now)} where d.tenant_id = ${tenant}
        ${place === undefined ? tx`` : tx`and d.organization_id = ${place}`}
        ${all ? tx`` : tx`and d.revoked_at is null and (d.ends_at is null or d.ends_at > ${new Date(now)})`}
        ${after ? tx`and d.id > ${String(after[0])}` : tx``} order by d.id limit ${limit}`,
    ({ document }) => [document.id.slice('dlg_'.length)],
  ).then(({ items, ...rest }) => ({ ...rest, items: items.map(({ document }) => document) }))
}

/** Ends it for good; what was handed out stays. One that has ended stays as it was. */
export const revokeDelegation: Command<string, { readonly delegation: DelegationDocument }> = async (
  tx,
  scope,
  name,
) => {
  const id = bareId(name)
  await tx`update vouchsafe.delegations set revoked_at = ${new Date(scope.now)}
    where tenant_id = ${scope.tenant} and id = ${id} and revoked_at is null`
  return { delegation: await find(tx, scope, id) }
}

function bareId(name: string): string {
  const id = readId('dlg', name)
  if (id === undefined) throw notFound('delegation', name)
  return id
}

/** Each kind of target with its kind before it: an entitlement's key may have a colon too. */
async function listedOf(tx: Tx, tenant: string, listed: readonly Listed[]): Promise<readonly string[]> {
  const texts: string[] = []
  for (const { entitlement, product, plan } of listed) {
    if (entitlement !== undefined) await resolveTarget(tx, tenant, { entitlement })
    else if (product !== undefined) await resolveTarget(tx, tenant, { product })
    else if (plan !== undefined) await resolveTarget(tx, tenant, { plan })
    else throw invalid('may_grant', 'Name an entitlement, a product or a plan.')
    const [kind, key] = entitlement
      ? ['entitlement', entitlement]
      : product
        ? ['product', product]
        : ['plan', plan]
    texts.push(`${kind}:${key}`)
  }
  return [...new Set(texts)].sort()
}

async function find(tx: Tx, { tenant, now }: Scope, id: string): Promise<DelegationDocument> {
  const [row] = await tx<{ document: DelegationDocument }[]>`
    ${select(tx, now)} where d.tenant_id = ${tenant} and d.id = ${id}`
  if (!row) throw notFound('delegation', `dlg_${id}`)
  return row.document
}

function select(tx: Tx, now: number) {
  return tx`
    select jsonb_strip_nulls(jsonb_build_object(
      'id', 'dlg_' || d.id, 'delegate', jsonb_build_object('subject', 'sub_' || d.subject_id),
      'organization', 'org_' || d.organization_id, 'module', coalesce(d.module, ''),
      'may_grant', (select coalesce(jsonb_agg(
          jsonb_build_object(split_part(listed, ':', 1), substr(listed, strpos(listed, ':') + 1)) order by listed), '[]')
        from unnest(d.may_grant) listed),
      'max_seats', d.max_seats,
      'seats_handed_out',
        (select count(*) from vouchsafe.seats s
          where s.tenant_id = d.tenant_id and s.delegation_id = d.id and s.released_at is null)
        + (select count(*) from vouchsafe.seat_invitations i
          where i.tenant_id = d.tenant_id and i.delegation_id = d.id and i.accepted_at is null
            and i.cancelled_at is null and i.expires_at > ${new Date(now)}),
      'starts_at', d.starts_at, 'ends_at', d.ends_at, 'revoked_at', d.revoked_at)) as document
    from vouchsafe.delegations d`
}
