import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { demoPeople } from '#admin/demo-people.ts'
import type { JsonObject } from '#core/json.ts'
import type { Question, ResourceKind } from '#decide/verbs.ts'
import { type CheckRequest, CheckRequestSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import type { DevIssuer } from '#main/dev-issuer.ts'

/** A question of the mix as plain JSON, with the real token of the person it is about. */
export type BenchQuestion = {
  readonly person: string
  readonly token: string
  readonly entitlement: string
  readonly resource?: { readonly kind: ResourceKind; readonly id: string }
  readonly organization?: string
  readonly module?: string
  readonly attributes?: JsonObject
}

type Asked = Omit<BenchQuestion, 'person' | 'token'>

const product = (id: string): NonNullable<Asked['resource']> => ({ kind: 'product', id })
const content = (id: string): NonNullable<Asked['resource']> => ({ kind: 'content', id })

const everybody: readonly Asked[] = [
  { entitlement: 'api_calls' },
  { entitlement: 'corpora' },
  { entitlement: 'docs_paid' },
  { entitlement: 'use', resource: product('handbook') },
  { entitlement: 'use', resource: content('lesson/welcome') },
  { entitlement: 'use', resource: content('lesson/kubernetes-1') },
  { entitlement: 'docs', resource: product('runner') },
]

// What their stories in the demo are about: plans, a seat and the lack of one, a trial, facts, attributes, an experiment.
const special: Readonly<Record<string, readonly Asked[]>> = {
  alice: [{ entitlement: 'new_dashboard' }],
  bob: [{ entitlement: 'new_dashboard' }, { entitlement: 'api_access' }],
  carol: [
    { entitlement: 'module-2' },
    { entitlement: 'reports' },
    { entitlement: 'export', attributes: { country: 'DE' } },
    { entitlement: 'export', attributes: { country: 'US' } },
    { entitlement: 'download', resource: product('runner'), module: 'downloads' },
  ],
  dan: [
    { entitlement: 'enterprise_sso', organization: 'initech-platform' },
    { entitlement: 'use', resource: product('runner'), organization: 'initech' },
    { entitlement: 'api_access', organization: 'initech-platform', module: 'workplace' },
    { entitlement: 'enterprise_sso' },
  ],
  erin: [
    { entitlement: 'enterprise_sso', organization: 'initech-platform' },
    { entitlement: 'use', resource: product('runner'), organization: 'initech' },
  ],
  frank: [{ entitlement: 'copilot_paid' }, { entitlement: 'copilot_quota' }],
  gail: [{ entitlement: 'academy_all' }, { entitlement: 'use', resource: product('runner') }],
  hana: [{ entitlement: 'reports' }, { entitlement: 'download', resource: product('runner') }],
  ivan: [{ entitlement: 'copilot_paid' }],
  judy: [{ entitlement: 'learn_member' }, { entitlement: 'copilot_quota' }],
  kim: [{ entitlement: 'reports' }, { entitlement: 'manifest', resource: product('runner') }],
}

const tokenSeconds = 3600

/** The whole mix: every person with their own token, always in the same order. */
export async function benchQuestions(issuer: DevIssuer): Promise<BenchQuestion[]> {
  const mix: BenchQuestion[] = []
  for (const { name: person, claims } of demoPeople) {
    const token = await issuer.sign(person, claims, tokenSeconds)
    for (const asked of [...everybody, ...(special[person] ?? [])]) mix.push({ person, token, ...asked })
  }
  return shuffled(mix)
}

/** The question as the gRPC doors take it. */
export function messageOf(question: BenchQuestion): CheckRequest {
  const { token, entitlement, resource, organization = '', module = '', attributes } = question
  const hasContext = organization !== '' || module !== '' || attributes !== undefined
  const init: MessageInitShape<typeof CheckRequestSchema> = {
    subject: { subject: { case: 'accessToken', value: token } },
    entitlement,
    ...(resource && { resource }),
    ...(hasContext && {
      context: { organization, module, ...(attributes && { attributes: { ...attributes } as never }) },
    }),
  }
  return create(CheckRequestSchema, init)
}

/** The question as the verbs take it. */
export function verbQuestion(question: BenchQuestion): Question {
  const { entitlement, resource, organization, module, attributes = {} } = question
  return {
    entitlement,
    ...(resource && { resource }),
    context: { ...(organization && { organization }), ...(module && { module }), attributes },
    quantity: 1,
    explain: false,
  }
}

// So that neighbours are about different people; a fixed walk, the same in each run.
function shuffled<T>(items: readonly T[]): T[] {
  const stride = 37
  if (items.length % stride === 0) throw new Error('The stride has to be prime to the number of questions.')
  return items.flatMap((_, i) => items[(i * stride) % items.length] ?? [])
}
