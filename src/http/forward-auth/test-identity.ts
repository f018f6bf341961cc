import { AppError } from '#core/errors.ts'
import type { Principal } from '#core/principal.ts'
import type { Caller } from '#core/tenant-view.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Told } from './told.ts'

type Needs = Pick<RpcNeeds, 'principalOfName' | 'tenantOf' | 'decisionNow'>

const key = /^[a-z0-9][a-z0-9_.-]{0,62}(:[a-z0-9][a-z0-9_.-]{0,62})?$/

export function namesTestIdentity({ headers }: Told): boolean {
  return ['x-hyops-sub', 'x-hyops-tier', 'x-hyops-entitlements'].some((name) => headers[name] !== undefined)
}

/**
 * Who the test headers say is asking, with the tier and entitlements that a token would claim. A subject is our own id
 * ("sub_…"), or any name, which then is one of the identity provider "x-hyops". Throws AppError TOKEN_REFUSED.
 */
export function testPrincipal(needs: Needs, told: Told, caller: Caller, tenant: string): Principal {
  const [sub, tier, list] = ['sub', 'tier', 'entitlements'].map((name) => only(told, `x-hyops-${name}`))
  const entitlements = list?.split(',').map((each) => each.trim()) ?? []
  if (!sub || (tier !== undefined && !key.test(tier)) || !entitlements.every((each) => key.test(each))) {
    throw refused()
  }
  return {
    ...named(needs, sub, caller, tenant),
    claims: { ...(tier !== undefined && { tier }), roles: [], entitlements, attributes: {} },
    authority: 'both',
    token_issued_at: needs.decisionNow(),
  }
}

/** An empty value is none. */
function only({ headers }: Told, name: string): string | undefined {
  const [value, ...others] = headers[name] ?? []
  if (others.length > 0) throw refused()
  return value?.trim() || undefined
}

function named({ principalOfName, tenantOf }: Needs, sub: string, caller: Caller, tenant: string): Principal {
  const view = tenantOf(caller, { named: tenant })
  try {
    return principalOfName(sub.startsWith('sub_') ? { id: sub } : { issuer: 'x-hyops', subject: sub }, view)
  } catch (error) {
    throw error instanceof AppError ? refused() : error
  }
}

function refused(): AppError {
  return new AppError('TOKEN_REFUSED', 'The test headers name nobody.')
}
