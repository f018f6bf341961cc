import { fromJson, type JsonValue, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt'
import { type AskOptions, devIdentity, parsedValue } from '#cli/ask-options.ts'
import { connected } from '#cli/connected.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { faint, print } from '#cli/print.ts'
import type { CheckRequestSchema, CheckResponse } from '#gen/vouchsafe/v1/decision_pb.ts'
import {
  ClaimsSchema,
  type ExplainRequestSchema,
  ExplainResponseSchema,
} from '#gen/vouchsafe/v1/decision_service_pb.ts'

export type PastOptions = { readonly at?: string; readonly claims?: string }

type Question = Exclude<MessageInitShape<typeof CheckRequestSchema>, { $typeName: string }>

/** Asks as things were then. */
export async function explainAt(
  question: Question,
  at: string,
  options: AskOptions & PastOptions & { readonly json?: boolean },
  shown: (answer: CheckResponse) => string,
): Promise<boolean> {
  const answer = await connected((client) =>
    client.explain({
      check: { ...question, subject: namedSubject(options) },
      at: momentOf(at),
      ...(options.claims !== undefined && { claims: claimsOf(options.claims) }),
    }),
  )
  const { response } = answer
  if (response === undefined) return false
  print(options.json === true, ExplainResponseSchema, answer, () => {
    const then = answer.at ? timestampDate(answer.at).toISOString() : ''
    const bundle = {
      same: 'the bundle of then',
      other: `today's bundle; then it was ${answer.bundleThen}`,
      unknown: "today's bundle; which one it was then is not known here",
    }[answer.bundleMatch]
    return `${shown(response)}\n${faint(`  as of ${then}, by ${bundle}`)}`
  })
  return response.allowed
}

/** A token is of today: who it is about is named instead. */
function namedSubject({ as, subject }: AskOptions): Question['subject'] {
  if (subject !== undefined) return { subject: { case: 'principal', value: { id: subject } } }
  if (as !== undefined) return { subject: { case: 'principal', value: devIdentity(as) } }
  throw new CommandFailed('With --at, say whom it is about by --as NAME or --subject sub_…', exitCodes.usage)
}

function momentOf(text: string): NonNullable<MessageInitShape<typeof ExplainRequestSchema>['at']> {
  if (/^\d{1,15}$/.test(text)) return { case: 'number', value: BigInt(text) }
  const time = new Date(text)
  if (!Number.isNaN(time.getTime())) return { case: 'time', value: timestampFromDate(time) }
  return { case: 'dataRevision', value: text }
}

function claimsOf(text: string) {
  try {
    return fromJson(ClaimsSchema, parsedValue(text) as JsonValue)
  } catch (error) {
    throw new CommandFailed(`--claims cannot be read: ${(error as Error).message}`, exitCodes.usage)
  }
}
