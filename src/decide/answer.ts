import type { DenyAs } from '#core/entitlement.ts'
import type { JsonObject } from '#core/json.ts'
import type { Caller, TenantView } from '#core/tenant-view.ts'
import type { ActiveBundle, Fix, Reason, Verdict } from '#core/verdict.ts'
import type { ShownFix, ShownReason } from './verbs.ts'

/** Gateways show their answers to strangers, so they get codes only. */
export function maySeeDetails(caller: Caller): boolean {
  return caller.roles.some((role) => role !== 'gateway')
}

/** May see the input document, which holds what is known of the principal. */
export function maySeeInput(caller: Caller): boolean {
  return caller.roles.some((role) => role === 'operator' || role === 'tenant_admin' || role === 'auditor')
}

type Shown = { readonly bundle: ActiveBundle; readonly view: Pick<TenantView, 'organization'> }

export function shownReasons(of: Shown, caller: Caller, reasons: readonly Reason[]): readonly ShownReason[] {
  if (!maySeeDetails(caller)) return reasons.map(({ code }) => ({ code, params: {} }))
  return reasons.map((reason) => withText(of.bundle, reason.code, withNames(of.view, reason)))
}

export function shownFixes(of: Shown, caller: Caller, fixes: readonly Fix[]): readonly ShownFix[] {
  if (!maySeeDetails(caller)) return []
  return fixes.map((fix) => withText(of.bundle, fix.action, withNames(of.view, fix)))
}

/** What the rules know by its id is shown as whoever reads it may name it again. */
function withNames<T extends { readonly params: JsonObject }>(view: Shown['view'], item: T): T {
  const { organization, pool } = item.params
  if (typeof organization !== 'string' && typeof pool !== 'string') return item
  const key = typeof organization === 'string' ? view.organization(organization)?.key : undefined
  return {
    ...item,
    params: {
      ...item.params,
      ...(typeof organization === 'string' && { organization: key ?? `org_${organization}` }),
      ...(typeof pool === 'string' && { pool: `pol_${pool}` }),
    },
  }
}

function withText<T extends { readonly params: JsonObject }>(bundle: ActiveBundle, code: string, item: T) {
  const text = bundle.texts.get(code)?.text
  if (text === undefined) return item
  return {
    ...item,
    text: text.replace(/\{(\w+)\}/g, (whole, name: string) => shown(item.params, name) ?? whole),
  }
}

/** The last moment (ms) that a Date can hold. A rule's parameter may be beyond. */
const farthest = 8.64e15

function shown(params: JsonObject, name: string): string | undefined {
  if (!Object.hasOwn(params, name)) return undefined
  const value = params[name]
  if (typeof value === 'number' && name.endsWith('_at') && Math.abs(value) <= farthest)
    return new Date(value).toISOString()
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A denial that the host decided without the policy. */
export function hostDenial(
  questionId: string,
  code: string,
  denyAs: number,
  params: JsonObject = {},
): Verdict {
  return {
    question_id: questionId,
    allowed: false,
    reasons: [{ code, params }],
    deny_as: denyAs as DenyAs,
    fix: [],
    obligations: [],
  }
}
