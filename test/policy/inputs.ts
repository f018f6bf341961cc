import type { InputDocument, InputGrant } from '#core/input.ts'

export const now = 1_795_428_000_000
export const hour = 3_600_000

export function grant(changes: Partial<InputGrant> = {}): InputGrant {
  return {
    id: 'grt_1',
    gives: 'docs',
    effect: 'allow',
    source: 'stripe',
    source_ref: 'si_1',
    access: 'full',
    starts_at: now - hour,
    through: 'self',
    ...changes,
  }
}

export function asking(changes: Partial<InputDocument> = {}): InputDocument {
  return {
    version: 1,
    question_id: 'q_1',
    tenant: { id: 'tnt_1', key: 'acme', grace_days: 7 },
    now,
    time: { hour: 10, weekday: 1, date: '2026-11-23' },
    principal: {
      id: 'sub_1',
      kind: 'user',
      claims: { attributes: {}, entitlements: [] },
      roles: [],
      organizations: [],
    },
    target: 'docs',
    entitlement: {
      key: 'docs',
      kind: 'boolean',
      combine: 'any',
      deny_as: 403,
      requires: [],
      requires_facts: [],
      attributes: {},
      offered_by: [],
    },
    context: { attributes: {} },
    quantity: 1,
    grants: [],
    facts: {},
    experiment: {},
    revocation: {},
    snapshot: { age_ms: 1, revision: 1 },
    ...changes,
  }
}
