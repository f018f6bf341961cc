import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { DescFile } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'

const folder = resolve(import.meta.dirname, '../../src/gen/vouchsafe/admin/v1')

/** Of these no row tells who gains or loses by them: they are about who may ask, and what tokens and Stripe say. */
const without = [
  'CallerService.CreateCaller',
  'CallerService.CreateCallerKey',
  'CallerService.DisableCallerKey',
  'CallerService.UpdateCaller',
  'IssuerService.CreateIssuer',
  'IssuerService.DeleteIssuer',
  'IssuerService.UpdateIssuer',
  'SubjectService.ReconcileSubject',
  'SubjectService.RevokeTokens',
  'TenantService.CreateTenant',
]

test('S001-8 every write of the administration can be tried out, but those about callers, tokens and Stripe', async () => {
  const cannot: string[] = []
  for (const name of readdirSync(folder).filter((each) => each.endsWith('_service_pb.ts'))) {
    const module: Record<string, unknown> = await import(join(folder, name))
    const file = Object.entries(module).find(([key]) => key.startsWith('file_'))?.[1] as DescFile
    for (const service of file.services) {
      if (service.name === 'StripeService') continue
      for (const { name: method, input, output } of service.methods) {
        if (!input.fields.some((field) => field.name === 'request_id')) continue
        const dry = input.fields.find((field) => field.name === 'dry_run')
        const preview = output.fields.find((field) => field.name === 'preview')
        expect([dry?.number, preview?.number], method).toEqual(dry ? [22, 21] : [undefined, undefined])
        if (!dry) cannot.push(`${service.name}.${method}`)
      }
    }
  }
  expect(cannot.sort()).toEqual(without)
})
