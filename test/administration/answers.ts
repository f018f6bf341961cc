import type { Server } from '#test/end-to-end/server.ts'

export type Asked = {
  /** Ids of subjects. */
  readonly subjects: readonly string[]
  readonly questions: readonly { readonly entitlement: string; readonly product?: string }[]
  /** Ids of organizations, and undefined for none. */
  readonly organizations: readonly (string | undefined)[]
  readonly modules?: readonly (string | undefined)[]
}

/** Everybody's answers through the server, at a revision: "subject question organization module" → allowed. */
export async function answersOf(
  { operator }: Server,
  tenant: string,
  revision: string,
  { subjects, questions, organizations, modules = [undefined] }: Asked,
): Promise<ReadonlyMap<string, boolean>> {
  const all = subjects.flatMap((subject) =>
    questions.flatMap((question) =>
      organizations.flatMap((organization) =>
        modules.map((module) => ({ subject, question, organization, module })),
      ),
    ),
  )
  const answers = new Map<string, boolean>()
  const consistency = { demand: { case: 'atLeast', value: revision } } as const
  for (let at = 0; at < all.length; at += 100) {
    const chunk = all.slice(at, at + 100)
    const { results } = await operator.batchCheck({
      checks: chunk.map(({ subject, question, organization, module }) => ({
        tenant,
        consistency,
        subject: { subject: { case: 'principal', value: { id: `sub_${subject}` } } },
        entitlement: question.entitlement,
        ...(question.product && { resource: { kind: 'product', id: question.product } }),
        context: {
          ...(organization && { organization: `org_${organization}` }),
          ...(module && { module }),
        },
      })),
    })
    for (const [n, { result }] of results.entries()) {
      const asked = chunk[n]
      if (!asked) throw new Error('There are more answers than questions.')
      const { subject, question, organization = '', module = '' } = asked
      const allowed = result.case === 'response' && result.value.allowed
      answers.set(nameOf({ subject, ...question, organization, module }), allowed)
    }
  }
  return answers
}

type Named = {
  readonly subject: string
  readonly entitlement: string
  readonly product?: string
  readonly organization: string
  readonly module: string
}

export function nameOf({ subject, entitlement, product = '', organization, module }: Named): string {
  const bare = (id: string) => id.replace(/^(sub|org)_/, '')
  return [bare(subject), product, entitlement, bare(organization), module].join(' ')
}

/** What differs: name → the answer then. */
export function differences(
  before: ReadonlyMap<string, boolean>,
  after: ReadonlyMap<string, boolean>,
): ReadonlyMap<string, boolean> {
  return new Map([...after].filter(([name, allowed]) => before.get(name) !== allowed))
}
