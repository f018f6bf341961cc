import { endGrants } from '#admin/end-grants.ts'
import { addMember, addOrganization } from '#admin/organizations.ts'
import { addSubject } from '#admin/people.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { newTenant } from '#test/end-to-end/new-tenant.ts'
import type { Server } from '#test/end-to-end/server.ts'
import { addEntitlement, addModule, addPlan, addProduct, publishPlan } from '#test/fixtures/catalogue.ts'

export type Academy = {
  readonly tenant: string
  /** Subjects' ids by what became of their membership. */
  readonly people: Readonly<
    Record<'direct' | 'company' | 'team' | 'expired' | 'revoked' | 'stranger', string[]>
  >
  readonly company: string
  readonly team: string
}

const day = 86_400_000

/**
 * A tenant whose only module is for members: fifty people who are or were, by themselves, by a company or by a team of
 * it, and five who never were. Its products are open.
 */
export async function makeAcademy(server: Server, key: string): Promise<Academy> {
  const { tenant } = await newTenant(server, { key, default_module: 'learn' })
  return server.write(tenant, async (tx) => {
    const member = await addEntitlement(tx, tenant, { key: 'member' })
    await addModule(tx, tenant, { key: 'learn', member_entitlement: 'member' })
    for (const product of ['course', 'library', 'lab']) await addProduct(tx, tenant, { key: product })
    await addPlan(tx, tenant, { key: 'membership', kind: 'base' })
    await publishPlan(tx, tenant, 'membership', [{ entitlement: 'member' }])
    const company = await addOrganization(tx, tenant, { key: 'company' })
    const team = await addOrganization(tx, tenant, { key: 'team', parent: company })
    const now = Date.now()
    const give = (holder: object, more: object = {}) =>
      insertGrant(tx, tenant, {
        ...holder,
        entitlement_id: member,
        starts_at: new Date(now - 30 * day),
        ...more,
      })
    await give({ organization_id: company })

    const some = async (count: number, each: (subject: string) => Promise<unknown>) => {
      const ids: string[] = []
      for (let n = 0; n < count; n++) {
        const subject = await addSubject(tx, tenant)
        await each(subject)
        ids.push(subject)
      }
      return ids
    }
    const people = {
      direct: await some(28, (subject_id) => give({ subject_id })),
      company: await some(6, (subject) => addMember(tx, tenant, { organization: company, subject })),
      team: await some(6, (subject) => addMember(tx, tenant, { organization: team, subject })),
      expired: await some(5, (subject_id) => give({ subject_id }, { ends_at: new Date(now - day) })),
      revoked: await some(5, async (subject_id) => {
        const id = await give({ subject_id })
        await endGrants(tx, { tenant, actor: 'test' }, [id], now - day, 'left')
      }),
      stranger: await some(5, async () => undefined),
    }
    return { tenant, people, company, team }
  })
}

export async function insertGrant(tx: Tx, tenant: string, row: object): Promise<string> {
  const id = newId()
  const grant = { tenant_id: tenant, id, source: 'admin', starts_at: new Date(Date.now() - day), ...row }
  await tx`insert into vouchsafe.grants ${tx(grant as never)}`
  return id
}
