import { create } from '@bufbuild/protobuf'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import type { Command } from 'commander'
import { type AskOptions, consistencyOf, contextOf, subjectOf, withAskOptions } from '#cli/ask-options.ts'
import { connected } from '#cli/connected.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { explainAt, type PastOptions } from '#cli/explain-at.ts'
import { faint, green, print, red, valueText } from '#cli/print.ts'
import { CheckRequestSchema, type CheckResponse, CheckResponseSchema } from '#gen/vouchsafe/v1/decision_pb.ts'

type Options = AskOptions &
  PastOptions & { readonly json?: boolean; readonly product?: string; readonly quantity?: string }

/** vouchsafe check ENTITLEMENT, and vouchsafe explain ENTITLEMENT. */
export function addCheck(program: Command): void {
  for (const name of ['check', 'explain'] as const) {
    const command = program
      .command(`${name} <entitlement>`)
      .description(
        name === 'check'
          ? 'ask whether a principal has an entitlement; exit code 1 for a denial'
          : 'ask as check does, and show every rule that counted or failed',
      )
      .option('--product <key>', 'a product: the entitlement is then a surface such as "use" or "download"')
      .option('--quantity <n>', 'how many units')
      .option('--json', 'print the answer as JSON')
    if (name === 'explain') {
      command
        .option(
          '--at <moment>',
          'as things were then: a time (ISO 8601), the number of a change or a revision',
        )
        .option('--claims <json>', 'what the token said then, such as {"tier":"pro"}; only with --at')
    }
    withAskOptions(command).action((entitlement: string, options: Options) =>
      ask(entitlement, options, name === 'explain'),
    )
  }
}

async function ask(entitlement: string, options: Options, explain: boolean): Promise<void> {
  const question = {
    entitlement,
    explain,
    context: contextOf(options),
    ...(options.product !== undefined && { resource: { kind: 'product', id: options.product } }),
    ...(options.quantity !== undefined && { quantity: unitsOf(options.quantity) }),
    ...(options.tenant !== undefined && { tenant: options.tenant }),
    ...consistencyOf(options),
  }
  if (options.at !== undefined) {
    const allowed = await explainAt(question, options.at, options, shown)
    process.exitCode = allowed ? exitCodes.ok : exitCodes.denied
    return
  }
  const request = create(CheckRequestSchema, { ...question, subject: await subjectOf(options) })
  const answer = await connected((client) => client.check(request))
  print(options.json === true, CheckResponseSchema, answer, () => shown(answer))
  process.exitCode = answer.allowed ? exitCodes.ok : exitCodes.denied
}

function unitsOf(text: string): bigint {
  if (!/^\d{1,18}$/.test(text))
    throw new CommandFailed(`--quantity is a whole number, not "${text}".`, exitCodes.usage)
  return BigInt(text)
}

function shown(answer: CheckResponse): string {
  const lines = [answer.allowed ? green('allowed') : `${red('denied')} ${faint(`(HTTP ${answer.denyAs})`)}`]
  for (const { code, text } of answer.reasons) lines.push(`  why     ${code}${text ? ` – ${text}` : ''}`)
  for (const { action, text, params } of answer.fix) {
    lines.push(`  to fix  ${action} ${JSON.stringify(params ?? {})}${text ? ` – ${text}` : ''}`)
  }
  if (answer.value) lines.push(`  value   ${valueText(answer.value)}`)
  if (answer.tier) lines.push(`  tier    ${answer.tier}`)
  if (answer.expiresAt) lines.push(`  until   ${timestampDate(answer.expiresAt).toISOString()}`)
  for (const { id } of answer.obligations) lines.push(`  duty    ${id}`)
  for (const { rule, kind, holds, code, params } of answer.evidence) {
    const mark = holds ? green('✓') : faint('·')
    lines.push(`  ${mark} ${rule} (${kind}) ${code} ${faint(JSON.stringify(params ?? {}))}`)
  }
  if (answer.fallback) lines.push(`  ${red(`decided by the fail mode: ${answer.fallback}`)}`)
  lines.push(
    faint(`  data ${answer.dataRevision} · bundle ${answer.bundleRevision} · decision ${answer.decisionId}`),
  )
  return lines.join('\n')
}
