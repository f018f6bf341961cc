import { toJson } from '@bufbuild/protobuf'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import type { Command } from 'commander'
import { previewText } from '#cli/admin/preview-text.ts'
import { connected } from '#cli/connected.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { faint, green, print, red } from '#cli/print.ts'
import type { JsonObject } from '#core/json.ts'
import {
  type AuditChange,
  type AuditEffect,
  AuditService,
  EraseSubjectResponseSchema,
  GetChangeResponseSchema,
  ListChangesResponseSchema,
  ListDenialsResponseSchema,
} from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import { PreviewSchema } from '#gen/vouchsafe/admin/v1/preview_pb.ts'

type Common = { readonly tenant: string; readonly json?: boolean; readonly limit?: string }
type ListOptions = Common & {
  readonly subject?: string
  readonly org?: string
  readonly actor?: string
  readonly action?: string
  readonly table?: string
}
type DenialOptions = Common & { readonly principal?: string; readonly kind?: string }
type EraseOptions = Common & { readonly reason?: string; readonly yes?: boolean; readonly dryRun?: boolean }

/** vouchsafe audit list, show, denials and erase: what the server says of the history. */
export function addAuditReading(audit: Command): void {
  const common = (command: Command) =>
    command.option('--tenant <key>', 'the tenant', 'acme').option('--json', 'print the answer as JSON')
  common(audit.command('list').description('show changes, newest first'))
    .option('--subject <sub_id>', 'about this subject')
    .option('--org <org_id>', 'about this organization')
    .option('--actor <id>', 'by this actor')
    .option('--action <action>', 'of this action, such as AdminEntitlementGranted')
    .option('--table <name>', 'which wrote this table')
    .option('--limit <n>', 'how many', '20')
    .action(list)
  common(audit.command('show <number>').description('show a change, row by row, before and after')).action(
    show,
  )
  common(audit.command('denials').description('show what the server denied, newest first'))
    .option('--principal <id>', 'about this principal')
    .option('--kind <kind>', 'such as DownloadDeniedEntitlement')
    .option('--limit <n>', 'how many', '20')
    .action(denials)
  common(audit.command('erase <sub_id>').description('erase a person; it cannot be undone'))
    .option('--reason <text>', 'why: kept in the audit; must not name the person')
    .option('--yes', 'do it')
    .option('--dry-run', 'change nothing, and say what would go and who would lose access')
    .action(erase)
}

async function list({ subject = '', org = '', actor = '', action = '', table = '', ...rest }: ListOptions) {
  const { tenant, json = false, limit = '20' } = rest
  const asked = { subject, organization: org, actor, action, table, tenant, pageSize: sizeOf(limit) }
  const answer = await connected((client) => client.call(AuditService.method.listChanges)(asked))
  print(json, ListChangesResponseSchema, answer, () => answer.changes.map(changeLine).join('\n'))
}

async function show(number: string, { tenant, json = false }: Common) {
  if (!/^\d{1,15}$/.test(number)) throw new CommandFailed('A change is named by its number.', exitCodes.usage)
  const asked = { number: BigInt(number), tenant, pageSize: 1000 }
  const answer = await connected((client) => client.call(AuditService.method.getChange)(asked))
  const { change, effects, nextPageToken } = answer
  print(json, GetChangeResponseSchema, answer, () =>
    [
      ...(change ? [changeLine(change)] : []),
      ...effects.flatMap(effectLines),
      ...(nextPageToken === '' ? [] : [faint('… and more: export it')]),
    ].join('\n'),
  )
}

async function denials({ principal = '', kind = '', tenant, json = false, limit = '20' }: DenialOptions) {
  const asked = { principal, kind, tenant, pageSize: sizeOf(limit) }
  const answer = await connected((client) => client.call(AuditService.method.listDenials)(asked))
  print(json, ListDenialsResponseSchema, answer, () =>
    answer.denials
      .map(
        (each) =>
          `${timeOf(each.at)}  ${each.kind}  ${each.principal}  ${each.question}  ${red(each.reasons.join(' '))}`,
      )
      .join('\n'),
  )
}

async function erase(subject: string, options: EraseOptions) {
  const { tenant, reason = '', yes = false, dryRun = false, json = false } = options
  if (!yes && !dryRun)
    throw new CommandFailed('It cannot be undone: say --yes to do it, or --dry-run.', exitCodes.usage)
  const asked = { subject, tenant, reason, dryRun }
  const answer = await connected((client) => client.call(AuditService.method.eraseSubject)(asked))
  print(json, EraseSubjectResponseSchema, answer, () => {
    const { preview, remaining, erasedImages, erasedHeaders, revokedGrants } = answer
    const counts = `${erasedImages} images, ${erasedHeaders} headers; ${revokedGrants} grants revoked`
    const lines = [`${dryRun ? 'would erase' : green('erased')}  ${counts}`]
    if (remaining.length > 0) lines.push(`${red('a name still stands in')} ${remaining.join(', ')}`)
    if (preview)
      lines.push(previewText(toJson(PreviewSchema, preview, { useProtoFieldName: true }) as JsonObject))
    return lines.join('\n')
  })
}

function sizeOf(limit: string): number {
  if (/^[1-9]\d{0,3}$/.test(limit)) return Number(limit)
  throw new CommandFailed('--limit is a whole number of at least 1.', exitCodes.usage)
}

function changeLine({ revision, at, actor, actorName, action, reason, tables }: AuditChange): string {
  const why = reason === '' ? '' : `  “${reason}”`
  return `${revision}  ${timeOf(at)}  ${action}  ${actorName || actor || 'erased'}${why}  ${faint(tables.join(' '))}`
}

function effectLines({ op, table, key, before, after, changed, erased }: AuditEffect): string[] {
  const head = `  ${op} ${table} ${faint(JSON.stringify(key ?? {}))}${erased ? red('  erased') : ''}`
  const line = (name: string) =>
    `    ${name}: ${JSON.stringify(before?.[name])} → ${JSON.stringify(after?.[name])}`
  return [head, ...changed.map(line)]
}

const timeOf = (at: AuditChange['at']) => (at ? timestampDate(at).toISOString() : '')
