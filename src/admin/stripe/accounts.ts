import { orNull, stated } from '#admin/columns.ts'
import type { Command } from '#admin/command.ts'
import { invalid } from '#admin/invalid.ts'
import { type Columns, resource } from '#admin/resource.ts'
import { AppError } from '#core/errors.ts'
import { readSecretReference } from './secret-reference.ts'

export type AccountDocument = {
  readonly key: string
  readonly account: string
  readonly livemode: boolean
  readonly api_key: string
  readonly webhook_secrets: readonly string[]
  readonly reference_issuer: string
  readonly metadata_key: string
  readonly disabled: boolean
  readonly created_at?: string
  readonly etag?: string
}

/**
 * A tenant's accounts at Stripe; secrets are references, to files in `secretsFolder` at most. A key that another tenant
 * has: ALREADY_EXISTS, without a word of whose it is.
 */
export function stripeAccounts(secretsFolder: string | undefined) {
  const accounts = resource<AccountDocument>({
    noun: 'Stripe account',
    table: 'stripe_accounts',
    name: 'key',
    document: (
      tx,
    ) => tx`jsonb_build_object('key', r.key, 'account', coalesce(r.account, ''), 'livemode', r.livemode,
      'api_key', r.api_key, 'webhook_secrets', to_jsonb(r.webhook_secrets),
      'reference_issuer', coalesce(r.reference_issuer, ''), 'metadata_key', coalesce(r.metadata_key, ''),
      'disabled', not r.active, 'created_at', r.created_at)`,
    fields: {
      key: stated('key'),
      account: orNull('account'),
      livemode: (livemode: boolean) => ({ livemode }),
      api_key: (text: string) => ({ api_key: reference('api_key', text, secretsFolder) }),
      webhook_secrets: references(secretsFolder),
      reference_issuer: orNull('reference_issuer'),
      metadata_key: orNull('metadata_key'),
      disabled: (disabled: boolean) => ({ active: !disabled }),
    },
    fixed: ['key', 'livemode'],
  })
  const { create, get, list, update, find } = accounts

  const remove: Command<string, object> = async (tx, scope, key) => {
    const { id } = await find(tx, scope, key, true)
    const of = tx`tenant_id = ${scope.tenant} and account_id = ${id}`
    const [bound] = await tx`select from vouchsafe.stripe_customers where ${of} limit 1`
    if (bound) {
      throw new AppError(
        'FAILED_PRECONDITION',
        'Customers are bound to the account: unbind them, or disable it.',
        {
          account: key,
        },
      )
    }
    for (const table of kept) await tx`delete from vouchsafe.${tx(table)} where ${of}`
    await tx`delete from vouchsafe.stripe_accounts where tenant_id = ${scope.tenant} and id = ${id}`
    return {}
  }

  return { create, get, list, update, remove }
}

const kept = [
  'stripe_grants',
  'stripe_events',
  'stripe_marks',
  'stripe_states',
  'stripe_subscriptions',
  'stripe_progress',
]

function references(folder: string | undefined): Columns {
  return (texts: readonly string[]) => {
    if (texts.length === 0)
      throw invalid('webhook_secrets', 'At least one of webhook_secrets has to be stated.')
    return { webhook_secrets: texts.map((text) => reference('webhook_secrets', text, folder)) }
  }
}

function reference(field: string, text: string, folder: string | undefined): string {
  const read = readSecretReference(text, folder)
  if (typeof read === 'string') throw invalid(field, `The reference in ${field} ${read}.`)
  return text
}
