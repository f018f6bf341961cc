import { create } from '@bufbuild/protobuf'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import type { Command } from 'commander'
import { type AskOptions, consistencyOf, contextOf, subjectOf, withAskOptions } from '#cli/ask-options.ts'
import { connected } from '#cli/connected.ts'
import { type HolderOptions, holderOf, withHolder } from '#cli/grant.ts'
import { print, valueText } from '#cli/print.ts'
import {
  type Grant,
  ListGrantsRequestSchema,
  ListGrantsResponseSchema,
} from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import {
  ListEntitlementsRequestSchema,
  ListEntitlementsResponseSchema,
} from '#gen/vouchsafe/v1/decision_service_pb.ts'

/** vouchsafe list and vouchsafe grants. */
export function addList(program: Command): void {
  const list = program
    .command('list')
    .description('list every entitlement a principal has')
    .option('--json', 'print as JSON')
  withAskOptions(list).action(listEntitlements)
  withHolder(program.command('grants').description('list the grants of a holder, newest first'))
    .option('--all', 'ended and revoked ones too')
    .action(listGrants)
}

async function listEntitlements(options: AskOptions & { readonly json?: boolean }): Promise<void> {
  const request = create(ListEntitlementsRequestSchema, {
    subject: await subjectOf(options),
    context: contextOf(options),
    ...(options.tenant !== undefined && { tenant: options.tenant }),
    ...consistencyOf(options),
  })
  const answer = await connected((client) => client.listEntitlements(request))
  print(options.json === true, ListEntitlementsResponseSchema, answer, () => {
    if (answer.entitlements.length === 0) return 'no entitlements'
    const width = Math.max(...answer.entitlements.map(({ key }) => key.length))
    return answer.entitlements
      .map(({ key, value, expiresAt, reasons }) => {
        const shown = value === undefined ? '' : `= ${valueText(value)}`
        const until = expiresAt ? `until ${timestampDate(expiresAt).toISOString()}` : ''
        return [key.padEnd(width), reasons[0]?.code ?? '', shown, until]
          .filter((part) => part !== '')
          .join('  ')
      })
      .join('\n')
  })
}

type GrantsOptions = HolderOptions & {
  readonly json?: boolean
  readonly all?: boolean
  readonly tenant: string
}

async function listGrants(options: GrantsOptions): Promise<void> {
  const holder = holderOf(options)
  const answer = await connected(async (client) => {
    const all = create(ListGrantsResponseSchema)
    let pageToken = ''
    do {
      const page = await client.listGrants(
        create(ListGrantsRequestSchema, {
          holder,
          tenant: options.tenant,
          pageToken,
          includeEnded: options.all === true,
        }),
      )
      all.grants.push(...page.grants)
      all.revision ||= page.revision
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    return all
  })
  print(options.json === true, ListGrantsResponseSchema, answer, () => {
    if (answer.grants.length === 0) return 'no grants'
    return answer.grants.map(grantLine).join('\n')
  })
}

function grantLine({ id, target, source, endsAt, revokedAt }: Grant): string {
  const until = endsAt ? `until ${timestampDate(endsAt).toISOString()}` : 'open-ended'
  return `${id}  ${target?.target.case}:${target?.target.value}  ${source}  ${revokedAt ? 'revoked' : until}`
}
