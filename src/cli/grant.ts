import { create, type MessageInitShape, toJson } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { Command } from 'commander'
import { previewText } from '#cli/admin/preview-text.ts'
import { devIdentity, parsedValue } from '#cli/ask-options.ts'
import { connected } from '#cli/connected.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { faint, green, print } from '#cli/print.ts'
import type { JsonObject } from '#core/json.ts'
import {
  Effect,
  GrantEntitlementRequestSchema,
  GrantEntitlementResponseSchema,
  type HolderSchema,
  RevokeEntitlementRequestSchema,
  RevokeEntitlementResponseSchema,
  type TargetSchema,
} from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { PreviewSchema } from '#gen/vouchsafe/admin/v1/preview_pb.ts'

export type HolderOptions = { readonly to?: string; readonly subject?: string; readonly holderOrg?: string }
type TargetOptions = { readonly product?: boolean; readonly plan?: boolean }
type GrantOptions = HolderOptions &
  TargetOptions & {
    readonly json?: boolean
    readonly deny?: boolean
    readonly override?: boolean
    readonly value?: string
    readonly from?: string
    readonly until?: string
    readonly source?: string
    readonly ref?: string
    readonly reason?: string
    readonly module?: string
    readonly scope?: string
    readonly readOnly?: boolean
    readonly pool?: string
    readonly seats?: string
    readonly dryRun?: boolean
    readonly tenant: string
  }

/** vouchsafe grant TARGET and vouchsafe revoke TARGET. */
export function addGrant(program: Command): void {
  withTarget(program.command('grant <target>').description('give an entitlement, a product or a plan'))
    .option('--deny', 'withhold the target instead, whatever else gives it')
    .option('--override', 'give it with exactly --value')
    .option('--value <json>', 'the value of a config or limit, such as 100 or "unlimited"')
    .option('--from <time>', 'from when (ISO 8601); default now')
    .option('--until <time>', 'until when (ISO 8601); default for ever')
    .option('--source <source>', 'admin (default), promotion, trial, purchase, contract or backfill')
    .option('--ref <reference>', 'the reference at the source')
    .option('--module <key>', 'only in this module')
    .option('--scope <org>', 'only in this organization')
    .option('--read-only', 'read access only')
    .option('--pool <key>', 'for the holders of seats in this pool of the organization')
    .option('--seats <number>', 'how many seats it adds to the pool; default any number')
    .option('--dry-run', 'change nothing, and say who would gain and lose')
    .action(grant)
  withTarget(program.command('revoke <target>').description('take a right back; nothing to take is no error'))
    .option('--source <source>', 'only grants of this source; default admin')
    .action(revoke)
}

function withTarget(command: Command): Command {
  return withHolder(command)
    .option('--product', 'the target is a product')
    .option('--plan', 'the target is a plan, such as pro or pro@2')
    .option('--reason <text>', 'why: kept in the audit')
}

export function withHolder(command: Command): Command {
  return command
    .option('--to <name>', 'a person of the local development issuer')
    .option('--subject <sub_id>', 'a subject by its id')
    .option('--holder-org <id or key>', 'an organization')
    .option('--tenant <key>', 'the tenant', 'acme')
    .option('--json', 'print the answer as JSON')
}

async function grant(target: string, options: GrantOptions): Promise<void> {
  const request = create(GrantEntitlementRequestSchema, {
    holder: holderOf(options),
    target: targetOf(target, options),
    effect: options.deny ? Effect.DENY : options.override ? Effect.OVERRIDE : Effect.ALLOW,
    tenant: options.tenant,
    ...(options.value !== undefined && { value: valueMessage(options.value) }),
    ...(options.from !== undefined && { startsAt: timestampFromDate(timeOf(options.from)) }),
    ...(options.until !== undefined && { endsAt: timestampFromDate(timeOf(options.until)) }),
    ...(options.readOnly && { access: 'read_only' }),
    ...(options.dryRun && { dryRun: true }),
    ...(options.seats !== undefined && { quantity: seatsOf(options.seats) }),
    ...given({ source: options.source, sourceRef: options.ref, reason: options.reason }),
    ...given({ module: options.module, scopeOrganization: options.scope, pool: options.pool }),
  })
  const answer = await connected((client) => client.grant(request))
  print(options.json === true, GrantEntitlementResponseSchema, answer, () => {
    const { preview } = answer
    if (preview) return previewText(toJson(PreviewSchema, preview, { useProtoFieldName: true }) as JsonObject)
    const what = answer.changed ? green('granted') : 'already granted, nothing changed'
    return `${what}  ${answer.grant?.id ?? ''}\n${faint(`revision ${answer.revision}`)}`
  })
}

async function revoke(target: string, options: GrantOptions): Promise<void> {
  const request = create(RevokeEntitlementRequestSchema, {
    holder: holderOf(options),
    target: targetOf(target, options),
    tenant: options.tenant,
    ...given({ source: options.source, reason: options.reason }),
  })
  const answer = await connected((client) => client.revoke(request))
  print(options.json === true, RevokeEntitlementResponseSchema, answer, () => {
    const ids = answer.revoked.map(({ id }) => id).join(' ')
    const what = answer.revoked.length > 0 ? `${green('revoked')}  ${ids}` : 'nothing to revoke'
    return `${what}\n${faint(`revision ${answer.revision}`)}`
  })
}

export function holderOf(options: HolderOptions): MessageInitShape<typeof HolderSchema> {
  const { to, subject, holderOrg } = options
  if (to !== undefined) return { holder: { case: 'identity', value: devIdentity(to) } }
  if (subject !== undefined) return { holder: { case: 'subject', value: subject } }
  if (holderOrg !== undefined) return { holder: { case: 'organization', value: holderOrg } }
  throw new CommandFailed('Say who holds it: --to NAME, --subject sub_… or --holder-org KEY', exitCodes.usage)
}

function targetOf(key: string, options: TargetOptions): MessageInitShape<typeof TargetSchema> {
  return { target: { case: options.plan ? 'plan' : options.product ? 'product' : 'entitlement', value: key } }
}

function valueMessage(text: string) {
  const value = parsedValue(text)
  if (typeof value === 'number') return { kind: { case: 'numberValue' as const, value } }
  if (typeof value === 'boolean') return { kind: { case: 'boolValue' as const, value } }
  if (Array.isArray(value)) {
    const values = value.map((each) => ({ kind: { case: 'stringValue' as const, value: String(each) } }))
    return { kind: { case: 'listValue' as const, value: { values } } }
  }
  return { kind: { case: 'stringValue' as const, value: String(value) } }
}

function seatsOf(text: string): number {
  const seats = Number(text)
  if (/^\d+$/.test(text) && seats <= 4_294_967_295) return seats
  throw new CommandFailed(`"${text}" is no number of seats.`, exitCodes.usage)
}

function timeOf(text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new CommandFailed(`"${text}" is no ISO 8601 time.`, exitCodes.usage)
  return time
}

function given<T extends Record<string, string | undefined>>(fields: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string
  }
}
