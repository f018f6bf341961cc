import type { JsonObject } from '#core/json.ts'

export type DemoPerson = {
  /** Also the `sub` of their token. */
  readonly name: string
  /** What their identity provider puts into their token. */
  readonly claims: JsonObject
  readonly story: string
}

/** The people of the tenant acme. */
export const demoPeople: readonly DemoPerson[] = [
  { name: 'alice', claims: {}, story: 'free, holds nothing; variant a of the dashboard experiment' },
  { name: 'bob', claims: { tier: 'supporter' }, story: 'supporter by a claim of the token; variant b' },
  { name: 'carol', claims: {}, story: 'pro by an admin’s grant; has completed module 1' },
  { name: 'dan', claims: {}, story: 'in the platform team of initech, with a seat of the company’s pool' },
  { name: 'erin', claims: {}, story: 'in the same team, without a seat' },
  { name: 'frank', claims: {}, story: 'a trial of pro that is running' },
  { name: 'gail', claims: {}, story: 'left, and keeps pro to read' },
  { name: 'hana', claims: {}, story: 'pro with the API limit of an enterprise' },
  { name: 'ivan', claims: {}, story: 'pro was revoked' },
  {
    name: 'judy',
    claims: { roles: ['learn_member'] },
    story: 'the member’s docs, copilot, corpus and quota by a role of the token',
  },
  { name: 'kim', claims: { roles: ['learn_admin'] }, story: 'staff by a role of the token' },
]
