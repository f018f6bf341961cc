import { readFile } from 'node:fs/promises'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { Command } from 'commander'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { loadConfig } from '#config'
import type { JsonObject } from '#core/json.ts'
import type { CheckRequestSchema, ContextSchema, SubjectSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { demoClaims } from '#main/demo-claims.ts'
import { devIss, hasDevIssuer, openDevIssuer } from '#main/dev-issuer.ts'

/** Options that say whom a question is about, and where it is asked. */
export type AskOptions = {
  readonly as?: string
  readonly claim?: readonly string[]
  readonly token?: string
  readonly subject?: string
  readonly tenant?: string
  readonly org?: string
  readonly module?: string
  readonly attr?: readonly string[]
  readonly atLeast?: string
}

const collect = (value: string, all: readonly string[] = []) => [...all, value]

export function withTokenOptions(command: Command): Command {
  return command
    .option('--as <name>', 'sign a token for this name with the local development issuer')
    .option('--claim <name=value>', 'a claim of that token, such as tier=pro (repeatable)', collect)
    .option('--token <jwt>', 'an access token; "-" reads it from standard input')
}

export function withAskOptions(command: Command): Command {
  return withTokenOptions(command)
    .option('--subject <sub_id>', 'a subject by its id')
    .option('--tenant <key>', 'the tenant, where no token says it')
    .option('--org <id or key>', 'the organization in which it is asked')
    .option('--module <key>', 'the module in which it is asked')
    .option('--attr <name=value>', 'an attribute of the context (repeatable)', collect)
    .option('--at-least <revision>', 'wait for this revision, as a write printed it')
}

/** Undefined where none of its options was given. */
export async function tokenOf(
  options: Pick<AskOptions, 'as' | 'claim' | 'token'>,
): Promise<string | undefined> {
  if (options.token === '-') return (await readFile('/dev/stdin', 'utf8')).trim()
  if (options.token !== undefined) return options.token
  return options.as === undefined ? undefined : devToken(options.as, pairs(options.claim))
}

export async function subjectOf(options: AskOptions): Promise<MessageInitShape<typeof SubjectSchema>> {
  const token = await tokenOf(options)
  if (token !== undefined) return { subject: { case: 'accessToken', value: token } }
  if (options.subject !== undefined) {
    return { subject: { case: 'principal', value: { id: options.subject } } }
  }
  throw new CommandFailed('Say whom it is about: --as NAME, --token JWT or --subject sub_…', exitCodes.usage)
}

/** A token of the local development issuer, valid for ten minutes: with the claims of the demo's person, and these. */
export async function devToken(name: string, claims: JsonObject): Promise<string> {
  const { data } = loadConfig()
  // Made by the server: a key of our own making would sign what nobody believes.
  if (!hasDevIssuer(data)) {
    throw new CommandFailed(
      `No development issuer in ${data}: start the server first (npm start), or set VOUCHSAFE_DATA to its folder.`,
      exitCodes.noPermission,
    )
  }
  const issuer = await openDevIssuer(data)
  return issuer.sign(name, { ...demoClaims(name), ...claims }, 600)
}

/** A person of the local development issuer, for grants. */
export function devIdentity(name: string): { readonly issuer: string; readonly subject: string } {
  return { issuer: devIss, subject: name }
}

export function contextOf(options: AskOptions): MessageInitShape<typeof ContextSchema> {
  return {
    ...(options.org !== undefined && { organization: options.org }),
    ...(options.module !== undefined && { module: options.module }),
    ...(options.attr && { attributes: pairs(options.attr) as Record<string, never> }),
  }
}

export function consistencyOf(
  options: AskOptions,
): Pick<MessageInitShape<typeof CheckRequestSchema>, 'consistency'> {
  if (options.atLeast === undefined) return {}
  return { consistency: { demand: { case: 'atLeast', value: options.atLeast } } }
}

/** name=value; a value that reads as JSON is taken as such. */
export function pairs(given: readonly string[] = []): JsonObject {
  return Object.fromEntries(
    given.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new CommandFailed(`"${pair}" is not name=value.`, exitCodes.usage)
      return [pair.slice(0, at), parsedValue(pair.slice(at + 1))]
    }),
  )
}

export function parsedValue(text: string): JsonObject[string] {
  try {
    return JSON.parse(text) as JsonObject[string]
  } catch {
    return text
  }
}
