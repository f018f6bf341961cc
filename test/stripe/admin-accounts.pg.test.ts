import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StripeService } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import { failureOf } from '#test/administration/failure-of.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const stripe = StripeService.method
const call: Server['operator']['call'] = (method) => server.operator.call(method)
const row = { apiKey: 'env:STRIPE_SECRET_KEY', webhookSecrets: ['env:STRIPE_WEBHOOK_SECRET'] }
const make = (key: string, more: object = {}, tenant = 'acme') =>
  call(stripe.createStripeAccount)({ account: { key, ...row, ...more }, tenant })

describe('accounts', () => {
  test('an account is made, found, changed with its etag and removed', async () => {
    const made = await make('main', { account: 'acct_1', livemode: true })
    expect(made.account).toMatchObject({
      key: 'main',
      account: 'acct_1',
      livemode: true,
      disabled: false,
      ...row,
    })
    const { account } = await call(stripe.getStripeAccount)({ account: 'main', tenant: 'acme' })
    expect(account).toEqual(made.account)
    const webhookSecrets = ['env:STRIPE_WEBHOOK_SECRET', 'env:STRIPE_WEBHOOK_SECRET_NEXT']
    const update = (etag: string) =>
      call(stripe.updateStripeAccount)({
        account: { key: 'main', webhookSecrets, disabled: true, etag },
        updateMask: { paths: ['webhook_secrets', 'disabled'] },
        tenant: 'acme',
      })
    const changed = await update(account?.etag ?? '')
    expect(changed.account).toMatchObject({ webhookSecrets, disabled: true, livemode: true })
    expect((await failureOf(update(account?.etag ?? ''))).code).toBe('ETAG_MISMATCH')
    const fixed = call(stripe.updateStripeAccount)({
      account: { key: 'main', livemode: false },
      updateMask: { paths: ['livemode'] },
      tenant: 'acme',
    })
    expect(await failureOf(fixed)).toMatchObject({ code: 'INVALID_FIELD', field: 'update_mask' })
    await call(stripe.removeStripeAccount)({ account: 'main', tenant: 'acme' })
    const gone = call(stripe.getStripeAccount)({ account: 'main', tenant: 'acme' })
    expect((await failureOf(gone)).code).toBe('NOT_FOUND')
  })

  test.each([
    'env:DATABASE_URL',
    'env:VOUCHSAFE_SECRET',
    'env:STRIPE_',
    'env:stripe_key',
    'env:STRIPE_KEY\n',
    'env:',
    'file:/etc/passwd',
    'file:secrets/key',
    'sk_live_51abc',
    'https://secrets.example/key',
    'env:HOME/STRIPE_KEY',
    '',
  ])('S001-49 a secret is named where Stripe’s secrets are, not as %j', async (reference) => {
    for (const more of [{ apiKey: reference }, { webhookSecrets: [reference] }]) {
      const failure = await failureOf(make('elsewhere', more))
      expect(failure).toMatchObject({
        code: 'INVALID_FIELD',
        field: Object.keys(more)[0] === 'apiKey' ? 'api_key' : 'webhook_secrets',
      })
      if (reference.length > 8) expect(failure.message).not.toContain(reference)
    }
  })

  test('S001-49 an account without a signing secret is refused', async () => {
    const failure = await failureOf(make('silent', { webhookSecrets: [] }))
    expect(failure).toMatchObject({ code: 'INVALID_FIELD', field: 'webhook_secrets' })
  })

  test.each(['Main', 'a/b', '../main', 'main?x', '', 'é', `a${'b'.repeat(63)}`])(
    'a key that is no plain word is refused: %j',
    async (key) => {
      expect((await failureOf(make(key))).code).toBe('INVALID_FIELD')
    },
  )

  test('only operators write an account: an admin of the tenant could name another secret', async () => {
    await make('kept')
    const admin = await server.caller(server.place.tenants.acme, 'tenant_admin')
    const auditor = await server.caller(server.place.tenants.acme, 'auditor')
    const service = await server.caller(server.place.tenants.acme, 'service')
    const account = { key: 'theirs', ...row }
    const updateMask = { paths: ['api_key'] }
    for (const { client } of [admin, auditor, service]) {
      for (const refused of [
        () => client.call(stripe.createStripeAccount)({ account }),
        () => client.call(stripe.updateStripeAccount)({ account: { ...account, key: 'kept' }, updateMask }),
        () => client.call(stripe.removeStripeAccount)({ account: 'kept' }),
        () => client.call(stripe.probeStripeAccount)({ account: 'kept' }),
      ]) {
        expect((await failureOf(refused())).code).toBe('CALLER_NOT_ALLOWED')
      }
    }
    const { accounts } = await admin.client.call(stripe.listStripeAccounts)({})
    expect(accounts.map(({ key }) => key)).toContain('kept')
    expect((await failureOf(service.client.call(stripe.listStripeAccounts)({}))).code).toBe(
      'CALLER_NOT_ALLOWED',
    )
  })

  test('another tenant’s account is as unknown as none, and its key is taken', async () => {
    await make('only-acme')
    const { client } = await server.caller(server.place.tenants.globex, 'tenant_admin')
    const theirs = await failureOf(client.call(stripe.getStripeAccount)({ account: 'only-acme' }))
    const nobodys = await failureOf(client.call(stripe.getStripeAccount)({ account: 'only-none' }))
    expect(theirs).toEqual({
      ...nobodys,
      message: nobodys.message?.replace('only-none', 'only-acme'),
      name: 'only-acme',
    })
    expect((await client.call(stripe.listStripeAccounts)({})).accounts).toEqual([])
    const named = client.call(stripe.listStripeAccounts)({ tenant: 'acme' })
    expect((await failureOf(named)).code).toBe('TENANT_MISMATCH')
    const taken = await failureOf(make('only-acme', {}, 'globex'))
    expect(taken.code).toBe('ALREADY_EXISTS')
    expect(taken).toEqual({
      code: 'ALREADY_EXISTS',
      'Stripe account': 'only-acme',
      message: expect.any(String),
    })
  })

  test('pages go on where they ended; a tampered token, or one of another list, is refused', async () => {
    for (const key of ['page-1', 'page-2', 'page-3']) await make(key)
    const first = await call(stripe.listStripeAccounts)({ tenant: 'acme', pageSize: 2 })
    const pageToken = first.nextPageToken
    const second = await call(stripe.listStripeAccounts)({ tenant: 'acme', pageSize: 1000, pageToken })
    const keys = [...first.accounts, ...second.accounts].map(({ key }) => key)
    expect(keys).toEqual([...new Set(keys)].sort())
    expect(keys).toEqual(expect.arrayContaining(['page-1', 'page-2', 'page-3']))
    const tampered = `${pageToken.slice(0, -2)}${pageToken.endsWith('A') ? 'B' : 'A'}`
    for (const refused of [
      () => call(stripe.listStripeAccounts)({ tenant: 'acme', pageToken: tampered }),
      () => call(stripe.listStripeAccounts)({ tenant: 'globex', pageToken }),
      () => call(stripe.listLifecycles)({ tenant: 'acme', pageToken }),
      () => call(stripe.listCustomers)({ tenant: 'acme', pageToken }),
      () => call(stripe.listStripeEvents)({ tenant: 'acme', pageToken }),
      () => call(stripe.listMarks)({ tenant: 'acme', pageToken }),
    ]) {
      expect(await failureOf(refused())).toMatchObject({ code: 'INVALID_FIELD', field: 'page_token' })
    }
  })

  test('a repeat of a request id gets the first answer', async () => {
    const asked = {
      account: { key: 'once', ...row },
      tenant: 'acme',
      requestId: '01990000-0000-7000-8000-00000000a001',
    }
    const first = await call(stripe.createStripeAccount)(asked)
    expect(await call(stripe.createStripeAccount)(asked)).toEqual(first)
    const other = call(stripe.createStripeAccount)({ ...asked, account: { key: 'twice', ...row } })
    expect((await failureOf(other)).code).toBe('REQUEST_ID_REUSED')
  })
})
