import type { By, HolderRef } from '#admin/grant-types.ts'
import { type Holder, resolveHolder, resolveOrCreateHolder } from '#admin/resolve-holder.ts'
import { AppError } from '#core/errors.ts'
import type { Tx } from '#postgres/pool.ts'
import type { StripeAccount } from './account.ts'
import { type Binding, isSameHolder, readBinding, writeBinding } from './binding.ts'
import type { CustomerName } from './customer-name.ts'
import type { Checkout, CustomerState } from './state.ts'
import type { Alert } from './wanted.ts'

type Bound = { readonly binding?: Binding; readonly alerts: readonly Alert[] }

/**
 * Whom the customer stands for: as it is stored; else whom its first checkout names that names somebody, which is stored.
 * A checkout that names somebody else later changes nothing but that it is told.
 */
export async function bindByCheckout(
  tx: Tx,
  scope: By & { readonly now: number },
  account: StripeAccount,
  state: CustomerState,
): Promise<Bound> {
  const name = { tenant: scope.tenant, account: account.id, customer: state.customer }
  const binding = (await readBinding(tx, name)) ?? (await bind(tx, scope.now, name, account, state))
  return binding ? { binding, alerts: await conflicts(tx, account, state, binding) } : { alerts: [] }
}

async function bind(
  tx: Tx,
  now: number,
  name: CustomerName,
  account: StripeAccount,
  state: CustomerState,
): Promise<Binding | undefined> {
  for (const { ref } of named(account, state)) {
    const holder = await known(() => resolveOrCreateHolder(tx, name.tenant, ref))
    if (!holder) continue
    const binding = { holder, bound_by: 'checkout', bound_at: now } as const
    await writeBinding(tx, name, binding)
    return binding
  }
  return undefined
}

/** Those who read what an administrator said know the checkouts before it. */
export async function conflicts(
  tx: Tx,
  account: Pick<StripeAccount, 'tenant' | 'reference_issuer'>,
  state: CustomerState,
  { holder, bound_by, bound_at }: Binding,
): Promise<readonly Alert[]> {
  const alerts: Alert[] = []
  for (const { id, created, ref } of named(account, state)) {
    if (bound_by === 'admin' && created <= bound_at) continue
    const other = await known(() => resolveHolder(tx, account.tenant, ref, false))
    if (!other || !isSameHolder(other, holder)) alerts.push({ code: 'BINDING_CONFLICT', about: id })
  }
  return alerts
}

type Named = Pick<Checkout, 'id' | 'created'> & { readonly ref: HolderRef }

function named(
  { reference_issuer: issuer }: Pick<StripeAccount, 'reference_issuer'>,
  { checkouts }: CustomerState,
): readonly Named[] {
  return [...checkouts]
    .sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1))
    .flatMap(({ id, created, reference }) => {
      const ref = reference === undefined ? undefined : refOf(reference, issuer)
      return ref ? [{ id, created, ref }] : []
    })
}

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const ours = new RegExp(`^(sub|org)_${uuid}$`)

// What looks like an id of ours is never taken for a name at the identity provider.
function refOf(reference: string, issuer: string | undefined): HolderRef | undefined {
  const kind = ours.exec(reference)?.[1]
  if (kind === 'sub') return { subject: reference }
  if (kind === 'org') return { organization: reference }
  return issuer === undefined ? undefined : { identity: { issuer, subject: reference } }
}

/** Whoever pays can write anything there: what names nobody is no error. */
async function known(find: () => Promise<Holder>): Promise<Holder | undefined> {
  try {
    return await find()
  } catch (error) {
    if (error instanceof AppError && (error.code === 'NOT_FOUND' || error.code === 'INVALID_FIELD'))
      return undefined
    throw error
  }
}
