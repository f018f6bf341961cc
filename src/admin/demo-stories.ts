import type { Tx } from '#postgres/pool.ts'
import { demoPeople } from './demo-people.ts'
import { grantInside } from './grant-entitlement.ts'
import type { By, GrantInput } from './grant-types.ts'
import { addMember, addOrganization, addSeatPool } from './organizations.ts'
import { addSubject, assignVariant, setFact } from './people.ts'
import { revokeInside } from './revoke-entitlement.ts'
import { assignSeat } from './seats.ts'

const day = 86_400_000

/** The people of acme, and what each of them came by. */
export async function addDemoStories(tx: Tx, by: By, iss: string, now: number): Promise<void> {
  const ids = new Map<string, string>()
  for (const { name } of demoPeople) {
    const email = `${name}@acme.example`
    ids.set(name, await addSubject(tx, by.tenant, { identities: [{ iss, sub: name, email }] }))
  }
  const of = (name: string) => ids.get(name) ?? name
  const give = (name: string, input: Omit<GrantInput, 'holder'>) =>
    grantInside(tx, by, { holder: { subject: of(name) }, ...input }, now)
  const pro = { plan: 'pro' }

  await give('carol', { target: pro, reason: 'a friend of the house' })
  await give('frank', { target: pro, source: 'trial', source_ref: 'trial-pro', ends_at: now + 14 * day })
  await give('gail', { target: pro, access: 'read_only', reason: 'left; may still read' })
  await give('hana', { target: pro })
  await give('hana', {
    target: { entitlement: 'api_calls' },
    effect: 'override',
    value: 100_000,
    source: 'contract',
  })
  const { grant } = await give('ivan', { target: pro })
  await revokeInside(tx, by, { grant_id: grant.id, reason: 'asked for the money back' }, now)

  await setFact(tx, by.tenant, of('carol'), 'completed:module-1', true)
  await assignVariant(tx, by.tenant, of('alice'), 'dashboard', 'a')
  await assignVariant(tx, by.tenant, of('bob'), 'dashboard', 'b')
  await addInitech(tx, by, of('dan'), of('erin'), now)
}

async function addInitech(tx: Tx, by: By, dan: string, erin: string, now: number): Promise<void> {
  const { tenant, actor } = by
  const company = await addOrganization(tx, tenant, { key: 'initech', name: 'Initech' })
  const team = await addOrganization(tx, tenant, {
    key: 'initech-platform',
    name: 'Platform team',
    parent: company,
  })
  await addMember(tx, tenant, { organization: team, subject: dan })
  await addMember(tx, tenant, { organization: team, subject: erin })
  const pool = await addSeatPool(tx, tenant, { organization: company, key: 'engineering' })
  await grantInside(
    tx,
    by,
    {
      holder: { organization: company },
      target: { plan: 'team' },
      pool: 'engineering',
      quantity: 2,
      source: 'contract',
      source_ref: 'contract-1',
    },
    now,
  )
  await assignSeat(tx, tenant, { pool, subject: dan }, { actor, now })
}
