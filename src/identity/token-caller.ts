import type { Caller, Snapshot, TenantView } from '#core/tenant-view.ts'
import type { VerifiedToken } from './verified-token.ts'

type Needs = {
  readonly snapshot: Pick<Snapshot, 'tenant' | 'callerOfSubject'>
  /** Throws (or rejects with) AppError TOKEN_REFUSED. */
  readonly verify: (token: string) => VerifiedToken | Promise<VerifiedToken>
  /** ms. */
  readonly now: () => number
}

export type TokenCallers = (token: string) => Caller | undefined | Promise<Caller | undefined>

/** The person a token speaks for, as a caller of the tenant that its issuer and audience belong to. */
export function createTokenCallers({ snapshot, verify, now }: Needs): TokenCallers {
  function callerOf(token: VerifiedToken): Caller | undefined {
    const view = snapshot.tenant(token.tenant)
    if (view?.id !== token.tenant || !view.catalogue.tenant.active) return undefined
    const subject = believedSubject(token, view)
    return subject === undefined ? undefined : snapshot.callerOfSubject(view.id, subject, now())
  }

  return (text) => {
    const token = verify(text)
    return token instanceof Promise ? token.then(callerOf) : callerOf(token)
  }
}

/** The id of the subject a token speaks for, unless it has no row, was deleted or had its tokens taken back since. */
export function believedSubject(
  token: VerifiedToken,
  view: Pick<TenantView, 'subject' | 'subjectOf'>,
): string | undefined {
  const subject = view.subjectOf(token.iss, token.sub)
  const row = subject === undefined ? undefined : view.subject(subject)
  if (row === undefined || row.deleted) return undefined
  return row.tokens_not_before !== undefined && token.issued_at < row.tokens_not_before ? undefined : subject
}
