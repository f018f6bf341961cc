import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { type Command, Command as Program } from 'commander'
import { expect, test } from 'vitest'
import { addAdministration, addOptions } from '#cli/admin/administration.ts'
import { readHelp } from '#cli/admin/help.ts'
import { inputsOf } from '#cli/admin/inputs.ts'
import { commandOf, verbOf } from '#cli/admin/names.ts'
import { requestOf } from '#cli/admin/request.ts'
import { createProgram } from '#cli/program.ts'

const help = readHelp()
const folder = resolve(import.meta.dirname, '../../../src/gen/vouchsafe/admin/v1')

async function services(): Promise<readonly DescService[]> {
  const modules = globSync('*_service_pb.ts', { cwd: folder }).map((file) => import(`${folder}/${file}`))
  const found = (await Promise.all(modules)).flatMap((each) => Object.values(each) as DescService[])
  return found.filter(({ kind }) => kind === 'service')
}

function commandNamed(name: string, program: Command = createProgram()): Command | undefined {
  return program.commands.find((each) => each.name() === name || each.aliases().includes(name))
}

test('every unary method of the administration is a command, and each of its fields can be given', async () => {
  const all = await services()
  expect(all.length).toBeGreaterThan(10)
  const generated = new Program()
  addAdministration(generated, help)
  for (const service of all) {
    expect(commandNamed(commandOf(service.name)), service.name).toBeDefined()
    const group = commandNamed(commandOf(service.name), generated)
    for (const method of service.methods.filter(({ methodKind }) => methodKind === 'unary')) {
      const name = `${service.name}.${method.name}`
      const verb = group?.commands.find((each) => each.name() === verbOf(service.name, method.name))
      expect(verb, name).toBeDefined()
      if (verb) await addOptions(verb, help.services[commandOf(service.name)] as never, help)
      const flags = verb?.options.map(({ long }) => long)
      for (const { flag } of inputsOf(method)) expect(flags, name).toContain(`--${flag}`)
      for (const { flags: shown, description } of verb?.options ?? []) expect(description, shown).not.toBe('')
      expect(new Set(flags).size, name).toBe(flags?.length)
    }
  }
})

test.each([
  ['ProductService', 'RestrictProduct', 'product', 'restrict'],
  ['PlanService', 'PublishPlanVersion', 'plan', 'publish-version'],
  ['PlanService', 'ListPlanVersions', 'plan', 'list-versions'],
  ['EntitlementService', 'ListEntitlements', 'entitlement', 'list'],
  ['GrantService', 'GrantEntitlement', 'grants', 'grant-entitlement'],
  ['GrantService', 'ListGrants', 'grants', 'list'],
  ['CallerService', 'CreateCallerKey', 'caller', 'create-key'],
  ['SeatPoolService', 'CreateSeatPool', 'seat-pool', 'create'],
  ['DelegationService', 'RevokeDelegation', 'delegation', 'revoke'],
])('%s.%s is %s %s', (service, method, command, verb) => {
  expect([commandOf(service), verbOf(service, method)]).toEqual([command, verb])
})

test('an organization may be called org', () => {
  expect(commandNamed('org')?.name()).toBe('organization')
})

test('a command that is there already keeps what it has', () => {
  const program = new Program()
  const audit = program.command('audit').description('mine')
  const own = audit.command('list-changes').description('mine too')
  addAdministration(program, help)
  expect(audit.description()).toBe('mine')
  expect(audit.commands.filter((each) => each.name() === 'list-changes')).toEqual([own])
  expect(audit.commands.map((each) => each.name())).toContain('get-change')
})

const method = async (service: string, name: string): Promise<DescMethod> => {
  const all = await services()
  const found = all.find((each) => each.name === service)?.method[name]
  if (!found) throw new Error(`no ${service}.${name}`)
  return found
}

async function requested(
  [service, name]: readonly [string, string],
  given: Readonly<Record<string, string | boolean | readonly string[]>>,
  positional?: string,
) {
  const found = await method(service, name)
  return requestOf(found, inputsOf(found), new Map(Object.entries(given)), positional)
}

test('an update names in its mask what was given, and nothing else', async () => {
  const update = ['ProductService', 'updateProduct'] as const
  const request = await requested(
    update,
    { name: 'New', retired: false, etag: 'abc', reason: 'why' },
    'guide',
  )
  expect(request).toMatchObject({
    product: { key: 'guide', name: 'New', retired: false, etag: 'abc' },
    updateMask: { paths: ['name', 'retired'] },
    reason: 'why',
  })
  const { updateMask } = (await requested(
    ['RouteService', 'updateRoute'],
    { 'any-of': ['a', 'b'] },
    'rte_1',
  )) as never
  expect(updateMask).toMatchObject({ paths: ['any_of'] })
  await expect(requested(update, { reason: 'none' }, 'guide')).rejects.toThrow('Say what to change')
})

test('a choice is given by its kinds, in a list as kind=key, and named whole in a mask', async () => {
  const delegation = await requested(['DelegationService', 'createDelegation'], {
    'delegate-subject': 'sub_1',
    'may-grant': ['entitlement=a', '{"plan":"gold"}'],
  })
  expect(delegation).toMatchObject({
    delegation: {
      delegate: { person: { case: 'subject', value: 'sub_1' } },
      mayGrant: [
        { target: { case: 'entitlement', value: 'a' } },
        { target: { case: 'plan', value: 'gold' } },
      ],
    },
  })
  const flags = inputsOf(await method('IssuerService', 'createIssuer')).map(({ flag }) => flag)
  expect(flags).not.toContain('id')
  expect(flags).toContain('iss')
})

test('each kind of value is read as its field wants it', async () => {
  const entitlement = await requested(
    ['EntitlementService', 'createEntitlement'],
    {
      kind: 'limit',
      requires: ['a', 'b'],
      families: [''],
      'deny-as': '429',
      attributes: '{"country":{"type":"string"}}',
      archived: true,
    },
    'calls',
  )
  expect(entitlement).toMatchObject({
    entitlement: {
      key: 'calls',
      kind: 'limit',
      requires: ['a', 'b'],
      families: [],
      denyAs: 429,
      attributes: { country: { type: 'string' } },
      archived: true,
    },
  })
  const grant = await requested(['GrantService', 'grantEntitlement'], {
    'holder-identity': '{"issuer":"https://id.test","subject":"alice"}',
    'target-plan': 'pro@2',
    effect: 'deny',
    value: 'unlimited',
    'ends-at': '2030-01-01T00:00:00Z',
  })
  expect(grant).toMatchObject({
    holder: { holder: { case: 'identity', value: { subject: 'alice' } } },
    target: { target: { case: 'plan', value: 'pro@2' } },
    effect: 2,
    value: { kind: { case: 'stringValue', value: 'unlimited' } },
    endsAt: { seconds: 1_893_456_000n },
  })
  const route = await requested(['RouteService', 'createRoute'], {
    context: ['organization=org', 'module=m'],
  })
  expect(route).toMatchObject({ route: { context: { organization: 'org', module: 'm' } } })
  const version = await requested(
    ['PlanService', 'createPlanVersion'],
    { items: ['{"entitlement":"a"}', '[{"product":"b"},{"entitlement":"c","value":3}]'] },
    'gold',
  )
  expect(version).toMatchObject({
    plan: 'gold',
    items: [{ entitlement: 'a' }, { product: 'b' }, { entitlement: 'c' }],
  })
})

test.each([
  [['EntitlementService', 'createEntitlement'], { 'deny-as': 'many' }, '--deny-as is a number, not "many"'],
  [['EntitlementService', 'createEntitlement'], { 'deny-as': '1.5' }, '--deny-as is a whole number'],
  [['EntitlementService', 'createEntitlement'], { attributes: '{' }, '--attributes is JSON, or @'],
  [['EntitlementService', 'createEntitlement'], { experiment: '{"kex":1}' }, '"kex" is unknown'],
  [['GrantService', 'grantEntitlement'], { 'ends-at': 'soon' }, '--ends-at is an ISO 8601 time'],
  [['GrantService', 'grantEntitlement'], { effect: 'maybe' }, '--effect is one of allow|deny|override'],
  [['RouteService', 'createRoute'], { context: ['x'] }, '--context is name=value'],
  [['ProductService', 'getProduct'], { product: 'other' }, '"guide" and --product other differ'],
] as const)('%s refuses %s', async (named, given, said) => {
  const positional = named[1] === 'getProduct' ? 'guide' : undefined
  await expect(requested(named, given as never, positional)).rejects.toThrow(said)
})

test('a command does what its name says where no more is said', async () => {
  const restrict = ['ProductService', 'restrictProduct'] as const
  expect(await requested(restrict, {}, 'guide')).toMatchObject({
    product: 'guide',
    requiresEntitlement: true,
  })
  const open = await requested(restrict, { 'requires-entitlement': false }, 'guide')
  expect(open).toMatchObject({ requiresEntitlement: false })
  expect(await requested(['SubjectService', 'createSubject'], {})).toMatchObject({ subject: { kind: '' } })
})
