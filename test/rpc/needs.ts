import { randomBytes, randomUUID } from 'node:crypto'
import type { By, GrantInput, GrantRecord } from '#admin/grant-types.ts'
import { AppError } from '#core/errors.ts'
import type { RevisionToken } from '#core/revision.ts'
import { encodeRevision } from '#core/revision.ts'
import type { Caller, CallerKey, Role, TenantView } from '#core/tenant-view.ts'
import type { Answer, Asker, Question, Verbs } from '#decide/verbs.ts'
import { apiKeyRandomBytes, generateApiKey } from '#identity/api-key.ts'
import { createCallerAuthenticator } from '#identity/caller.ts'
import { createPrincipalResolver } from '#identity/principal.ts'
import { createTenantRule } from '#identity/question-tenant.ts'
import { createTokenVerifier } from '#identity/token-verifier.ts'
import { createHealth } from '#observe/health.ts'
import { createTracing } from '#observe/tracing.ts'
import type { GrantCommands } from '#rpc/grant-commands.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { epoch, tenantId, viewOf } from '#test/fixtures/view.ts'
import { countingMetrics, issuer, keptLog, makeKey, sign } from '#test/identity/fixtures.ts'
import { noStripe } from './no-stripe.ts'

export const alice = '01990000-0000-7000-8000-0000000000a1'
export const bob = '01990000-0000-7000-8000-0000000000b1'
export const otherTenant = '01990000-0000-7000-8000-000000000002'
export const revision: RevisionToken = { tenant: tenantId, epoch, revision: 7, chain: '00112233445566ff' }
const signing = makeKey('k1', 'EdDSA')

const row = issuer({ tenant: tenantId, jwks: { keys: [signing.jwk] } })

/** A valid access token of Alice at the test issuer, unless changed. */
export function token(changes: Record<string, unknown> = {}): Promise<string> {
  const seconds = Math.floor(Date.now() / 1000)
  const claims = { iss: row.iss, aud: 'api', sub: 'alice', iat: seconds - 10, exp: seconds + 300 }
  return sign(signing, { ...claims, ...changes })
}

export type Asked = { readonly asker: Asker; readonly question: Question }

/**
 * What the doors need, with the real identity parts over a snapshot in memory. Only the verbs and the grant
 * commands are stand-ins here: they record what they were asked and answer from the entitlement's name.
 */
export function doorNeeds(overrides: Partial<Verbs> = {}) {
  const log = keptLog()
  const metrics = countingMetrics()
  const keys = new Map<string, CallerKey>()
  const certificates = new Map<string, Caller>()
  const views = new Map([
    [tenantId, tenantOfTest(tenantId, 'acme')],
    [otherTenant, tenantOfTest(otherTenant, 'globex')],
  ])
  const tenant = (name: string): TenantView | undefined =>
    views.get(name) ?? [...views.values()].find(({ catalogue }) => catalogue.tenant.key === name)
  const authenticator = createCallerAuthenticator({
    snapshot: { callerOfKey: (id) => keys.get(id), callerOfCertificate: (hex) => certificates.get(hex) },
    now: Date.now,
  })
  const verifier = createTokenVerifier({
    snapshot: { issuersOf: (iss) => (iss === row.iss ? [row] : []) },
    now: Date.now,
    log,
    metrics,
  })
  const resolver = createPrincipalResolver({ log, metrics })
  const asked: Asked[] = []
  const granted: { by: By; input: GrantInput }[] = []
  const requests: string[] = []
  let snapshot = 0
  const verbs: Verbs = {
    check: (asker, question) => {
      asked.push({ asker, question })
      return answer(asker, question)
    },
    gate: () => {
      throw new Error('No gate here.')
    },
    explainAt: (_past, asker, question) => answer(asker, question),
    awaitFreshness: () => undefined,
    listEntitlements: async (asker) => ({
      entitlements: [
        { key: 'docs_paid', kind: 'boolean', reasons: [{ code: 'GRANTED', params: {} }] },
        { key: 'seats', kind: 'limit', value: 5, expires_at: 1_800_000_000_000, reasons: [] },
      ],
      tier: 'pro',
      ...(asker.principal.subject && { subject_id: asker.principal.id }),
      data_revision: encodeRevision(revision),
      bundle_revision: 'b1',
    }),
    filterResources: async (_asker, _kind, ids) => ({
      ids: ids.filter((id) => !id.startsWith('hidden')),
      data_revision: encodeRevision(revision),
      bundle_revision: 'b1',
    }),
    watch: async function* (_tenant, _after, signal) {
      yield { revision: encodeRevision(revision), at: 1_700_000_000_000 }
      yield {
        revision: encodeRevision({ ...revision, revision: 8 }),
        at: 1_700_000_000_001,
        change: { subjects: [alice], tenant_wide: false },
      }
      if (!signal.aborted)
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    },
    ...overrides,
  }
  const grants: GrantCommands = {
    grant: async (by, input) => {
      granted.push({ by, input })
      return { grant: grantRecord(input), changed: true, shrunk: [], revision }
    },
    revoke: async () => ({ revoked: [], changed: false, shrunk: [], revision }),
    list: async () => ({ grants: [], next_page_token: '', revision }),
  }
  const unforeseen = () => Promise.reject(new Error('The administration needs a database.'))
  const needs = {
    log,
    newId: randomUUID,
    verbs,
    grants,
    past: () => Promise.reject(new Error('The past needs a database.')),
    bundleAt: () => undefined,
    denials: undefined,
    security: () => undefined,
    stripe: noStripe,
    admin: {
      write: unforeseen,
      read: unforeseen,
      tenants: { locate: unforeseen, list: unforeseen, known: unforeseen },
    },
    authenticate: ({ authorization, certificate }) =>
      authenticator.authenticate({ authorization, fingerprint: certificate }),
    principalOfToken: (text, caller) => {
      const verified = verifier.verify(text, caller.tenant)
      const principal = (known: Awaited<typeof verified>) =>
        resolver.ofToken(known, views.get(known.tenant) as TenantView)
      return verified instanceof Promise ? verified.then(principal) : principal(verified)
    },
    bearerOfToken: () => Promise.reject(new Error('No invitations here.')),
    principalOfName: resolver.ofName,
    tenantOf: createTenantRule({ snapshot: { tenant } }).tenantOf,
    now: Date.now,
    decisionNow: Date.now,
    metrics: {
      request: (door, verb, code) => void requests.push(`${door} ${verb} ${code}`),
      decided: () => undefined,
    },
    tracing: createTracing(),
    health: createHealth({ ageMs: () => snapshot, softBoundMs: 5000 }),
  } satisfies RpcNeeds & Record<string, unknown>
  needs.health.snapshotLoaded()
  needs.health.bundleActivated()
  return {
    needs,
    asked,
    granted,
    requests,
    certificates,
    setAge: (ms: number) => {
      snapshot = ms
    },
    close: verifier.close,
    /** The key of a new caller; an empty tenant makes it the platform's. */
    keyOf(roles: readonly Role[], callerTenant = tenantId): string {
      const key = generateApiKey(randomBytes(apiKeyRandomBytes))
      keys.set(key.id, { caller: callerOf(roles, callerTenant), sha256: key.sha256, disabled: false })
      return key.text
    },
  }
}

export type DoorNeeds = ReturnType<typeof doorNeeds>

export function callerOf(roles: readonly Role[], tenant = tenantId): Caller {
  return { id: `c-${roles.join('-')}`, name: 'test', kind: 'key', roles, ...(tenant !== '' && { tenant }) }
}

function tenantOfTest(id: string, key: string): TenantView {
  const view = viewOf({})
  const { catalogue } = view
  return {
    ...view,
    id,
    catalogue: { ...catalogue, tenant: { ...catalogue.tenant, id, key } },
    subjectOf: (iss, sub) => (iss === row.iss && sub === 'alice' ? alice : undefined),
    subject: (subject) =>
      subject === alice || subject === bob ? { id: subject, kind: 'user', deleted: false } : undefined,
  }
}

/** "boom…" throws, "denied…" is denied, "limit…" has a value; everything else is allowed. */
function answer({ principal }: Asker, { entitlement, explain }: Question): Answer {
  if (entitlement.startsWith('boom')) throw new Error('secret detail of postgres://u:p@h/db')
  if (entitlement.startsWith('refused')) throw new AppError('NOT_READY', 'There is no snapshot yet.')
  const allowed = !entitlement.startsWith('denied')
  return {
    allowed,
    reasons: [{ code: allowed ? 'GRANTED' : 'NOT_ENTITLED', params: { key: entitlement } }],
    ...(entitlement.startsWith('limit') && { value: 25 }),
    tier: 'pro',
    deny_as: allowed ? 0 : 403,
    fix: allowed ? [] : [{ action: 'buy_plan', params: { plan: 'pro' }, text: 'Buy pro.' }],
    obligations: [],
    data_revision: encodeRevision(revision),
    bundle_revision: 'b1',
    snapshot_age_ms: 1234,
    stale: false,
    decision_id: 'd-1',
    ...(principal.subject && { subject_id: principal.id }),
    ...(explain && {
      evidence: [{ rule: 'grant', kind: 'allow', holds: true, code: 'GRANTED', params: {} }],
      input: { tenant: { id: principal.tenant } },
    }),
  }
}

function grantRecord(input: GrantInput): GrantRecord {
  return {
    id: 'grt_01990000-0000-7000-8000-0000000000f1',
    holder: { subject: `sub_${alice}` },
    target: input.target,
    effect: input.effect ?? 'allow',
    starts_at: input.starts_at ?? 1_700_000_000_000,
    source: input.source ?? 'admin',
    source_ref: input.source_ref ?? '',
    reason: input.reason ?? '',
    access: input.access ?? 'full',
    granted_at: 1_700_000_000_000,
    etag: 'etag',
    ...(input.value !== undefined && { value: input.value }),
  }
}
