import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createProgram } from '#cli/program.ts'
import { devIss } from '#main/dev-issuer.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { temporaryFolder } from '#test/process/vouchsafe.ts'

const tenant = 'fresh'
let server: Server

beforeAll(async () => {
  server = await startServer()
  vi.stubEnv('VOUCHSAFE_SERVER', server.grpc)
  vi.stubEnv('VOUCHSAFE_KEY', server.key)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await server?.stop()
})

type Answer = Readonly<Record<string, never>> & { readonly revision: string }

/** What a command answers, as JSON. */
async function cli(line: string, ...more: readonly string[]): Promise<Answer> {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    await createProgram().parseAsync([...line.split(' '), ...more, '--json'], { from: 'user' })
    return JSON.parse(written.mock.calls.map(([text]) => String(text)).join(''))
  } finally {
    written.mockRestore()
  }
}

const identity = (sub: string) => JSON.stringify({ issuer: devIss, subject: sub })

async function ask(sub: string, entitlement: string, { revision }: Answer, more = {}): Promise<boolean> {
  const consistency = { demand: { case: 'atLeast', value: revision } } as const
  const { allowed } = await server.ask(sub, { entitlement, consistency, ...more }, {}, { audience: tenant })
  return allowed
}

test('S003-38 S003-41 from an empty tenant to seats, a delegate, a restricted product and a promotion, each seen by the next Check', async () => {
  const t = ['--tenant', tenant] as const
  await cli(`tenant create ${tenant} --name Fresh`)
  const jwks = join(temporaryFolder(), 'jwks.json')
  writeFileSync(jwks, JSON.stringify(server.place.jwks))
  await cli(`issuer create --iss ${devIss} --audiences ${tenant} --jwks @${jwks}`, ...t)
  await cli('module create office --provisioning delegated_admin', ...t)
  await cli('entitlement create editor --kind boolean --combine any', ...t)
  await cli('entitlement create export --kind boolean --combine any', ...t)
  await cli('product create manual', ...t)
  await cli('plan create team --kind base', ...t)
  await cli('plan create-version team', '--items', '{"entitlement":"editor"}', ...t)
  await cli('plan publish-version team@1', ...t)

  await cli('org create acme --name Acme', ...t)
  const { pool } = (await cli(
    'seat create-pool staff --organization acme --module office',
    ...t,
  )) as never as {
    pool: { id: string }
  }
  const bought = await cli(
    'grants grant-entitlement --holder-organization acme --target-plan team --module office --pool staff --quantity 10',
    ...t,
  )
  await cli('org add-member acme', '--person-identity', identity('uma'), ...t)
  const office = { context: { organization: 'acme', module: 'office' } }
  expect(await ask('uma', 'editor', bought, office)).toBe(false)
  const seated = await cli(`seat assign ${pool.id}`, '--person-identity', identity('uma'), ...t)
  expect(await ask('uma', 'editor', seated, office)).toBe(true)

  await cli('org add-member acme --role admin', '--person-identity', identity('vic'), ...t)
  const delegated = (await cli(
    'delegation create --organization acme --module office --may-grant entitlement=export --max-seats 3',
    '--delegate-identity',
    identity('vic'),
    ...t,
  )) as never as { delegation: { id: string; mayGrant: readonly object[] } }
  expect(delegated.delegation).toMatchObject({ mayGrant: [{ entitlement: 'export' }] })
  const updated = (await cli(`delegation list --organization acme`, ...t)) as never as {
    delegations: readonly object[]
  }
  expect(updated.delegations).toHaveLength(1)

  const use = { resource: { kind: 'product', id: 'manual' } }
  const restricted = await cli('product restrict manual --requires-entitlement', ...t)
  expect(await ask('uma', 'use', restricted, use)).toBe(true)
  expect(await ask('newcomer', 'use', restricted, use)).toBe(false)

  await cli('subject create', '--identities', identity('wes'), ...t)
  const promoted = await cli(
    'grants batch --target-entitlement export --source-ref spring --ends-at 2099-01-01',
    '--holders',
    JSON.stringify({ identity: JSON.parse(identity('wes')) }),
    ...t,
  )
  expect(await ask('wes', 'export', promoted)).toBe(true)
  expect(await ask('uma', 'export', promoted)).toBe(false)
})
