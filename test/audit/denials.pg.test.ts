import { afterAll, beforeAll, expect, test } from 'vitest'
import { AuditService } from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import { ProductService } from '#gen/vouchsafe/admin/v1/product_service_pb.ts'
import { failureOf } from '#test/administration/failure-of.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'

const { listDenials } = AuditService.method
const { createProduct } = ProductService.method

let server: Server
let tenant: string
beforeAll(async () => {
  server = await startServer({ VOUCHSAFE_JOURNAL_SAMPLE: '0' })
  tenant = server.place.tenants.acme
  await server.operator.call(createProduct)({ product: { key: 'closed', requiresEntitlement: true }, tenant })
})
afterAll(() => server?.stop())

const list = (filter: object) => server.operator.call(listDenials)({ ...filter, tenant })
const surface = async (sub: string, entitlement: string) =>
  server.ask(sub, { entitlement, resource: { kind: 'product', id: 'closed' } })

test('S001-23 a denied download and a denied pull have kinds of their own, and none is left out', async () => {
  const asked: string[] = []
  for (let n = 0; n < 30; n++) {
    for (const part of ['download', 'manifest', 'use']) {
      const { allowed, decisionId } = await surface('alice', part)
      expect(allowed).toBe(false)
      asked.push(decisionId)
    }
  }
  const kinds = async (kind: string) => (await list({ kind, pageSize: 1000 })).denials
  const [downloads, pulls, others] = await Promise.all([
    kinds('DownloadDeniedEntitlement'),
    kinds('OciPullDeniedEntitlement'),
    kinds('DeniedEntitlement'),
  ])
  expect([downloads.length, pulls.length, others.length]).toEqual([30, 30, 30])
  expect(downloads[0]).toMatchObject({ question: 'product:closed download', reasons: ['NO_GRANT'] })
  const ids = [...downloads, ...pulls, ...others].map(({ decisionId }) => decisionId)
  expect(ids.sort()).toEqual(asked.sort())
})

test('denials come newest first, by page, by principal and by time', async () => {
  const first = await surface('bob', 'download')
  const seen: string[] = []
  let pageToken = ''
  do {
    const page = await list({ pageSize: 20, pageToken })
    expect(page.complete).toBe(true)
    seen.push(...page.denials.map(({ decisionId }) => decisionId))
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  expect(seen[0]).toBe(first.decisionId)
  expect(new Set(seen).size).toBe(seen.length)
  const { denials } = await list({ principal: first.subjectId })
  expect(denials.map(({ decisionId }) => decisionId)).toEqual([first.decisionId])
  const hour = (hours: number) => ({ seconds: BigInt(Math.floor(Date.now() / 1000) + hours * 3600) })
  expect((await list({ since: hour(1) })).denials).toEqual([])
  expect((await list({ until: hour(-1) })).denials).toEqual([])
  expect(await failureOf(list({ pageToken: 'x' }))).toMatchObject({ code: 'INVALID_FIELD' })
})

test('S003-29 V28 another tenant’s denials are not shown, whatever is asked', async () => {
  const { denials } = await list({ pageSize: 1 })
  const other = await server.caller(server.place.tenants.globex, 'auditor')
  const theirs = await other.client.call(listDenials)({ pageSize: 1000 })
  expect(theirs.denials).toEqual([])
  const continued = await other.client.call(listDenials)({ pageToken: denials[0]?.decisionId ?? '' })
  expect(continued.denials).toEqual([])
  expect(await failureOf(other.client.call(listDenials)({ tenant }))).toMatchObject({
    code: 'TENANT_MISMATCH',
  })
})

test('without a journal it is said that there is none', async () => {
  const quiet = await startServer({ VOUCHSAFE_JOURNAL: 'off' })
  try {
    const asked = quiet.operator.call(listDenials)({ tenant: quiet.place.tenants.acme })
    expect(await failureOf(asked)).toMatchObject({
      code: 'FAILED_PRECONDITION',
      setting: 'VOUCHSAFE_JOURNAL',
    })
  } finally {
    await quiet.stop()
  }
})
