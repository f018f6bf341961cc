import type { DescMessage, DescMethodUnary, MessageShape } from '@bufbuild/protobuf'
import type { Command } from '#admin/command.ts'
import { encodeRevision } from '#core/revision.ts'
import type { Role } from '#core/tenant-view.ts'
import { byOf } from '#rpc/by.ts'
import type { CallContext } from '#rpc/call.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import { limits } from '#rpc/limits.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { granters, grantReaders } from '#rpc/roles.ts'
import { type Rpc, unary } from '#rpc/rpc.ts'
import { type Document, documentOf, messageOf } from './document.ts'

type Asked<I extends DescMessage> = Document<MessageShape<I>>
/** What a command answers: any of the response's fields but the revision and the preview, which the door adds. */
type Answer<O extends DescMessage> = Loose<Omit<Document<MessageShape<O>>, 'revision' | 'preview'>>
type Loose<T> = T extends readonly (infer E)[]
  ? readonly Loose<E>[]
  : string extends keyof T
    ? T
    : T extends object
      ? { readonly [K in keyof T]?: Loose<T[K]> }
      : T
type Common = {
  readonly tenant?: string
  readonly reason?: string
  readonly request_id?: string
  readonly dry_run?: boolean
}

const changing = { roles: granters, refused: ['worker'] } as const
const reading = { roles: grantReaders } as const

/** Rows of the verb table out of commands: each says how the request becomes its input, and its result the answer. */
export function adminRpcs(
  needs: RpcNeeds,
  by = (ctx: CallContext, named: string, whole: readonly Role[]) => byOf(needs, ctx, named, whole),
) {
  return {
    write<I extends DescMessage, O extends DescMessage, In, Out>(
      method: DescMethodUnary<I, O>,
      command: Command<In, Out>,
      inputOf: (asked: Asked<I>) => In,
      answerOf: (result: Out) => Answer<O>,
      access: Access = changing,
    ): Rpc {
      return unary(method, { ...access, longestMs: limits.changeDeadlineMs }, async (message, ctx) => {
        const asked = documentOf(method.input, message)
        const { tenant = '', reason = '', request_id = '', dry_run = false } = asked as Common
        const request = { action: method.name, reason, request_id, dry_run, input: inputOf(asked) }
        const done = await needs.admin.write(by(ctx, tenant, granters), request, command)
        const { preview } = done
        const revision = encodeRevision(done.revision)
        return messageOf(method.output, { ...answerOf(done.result), revision, ...(preview && { preview }) })
      })
    },

    read<I extends DescMessage, O extends DescMessage, In, Out>(
      method: DescMethodUnary<I, O>,
      command: Command<In, Out>,
      inputOf: (asked: Asked<I>) => In,
      answerOf: (result: Out) => Answer<O>,
      access: Access = reading,
    ): Rpc {
      return unary(method, access, async (message, ctx) => {
        const asked = documentOf(method.input, message)
        const { tenant = '' } = asked as Common
        const { result, revision } = await needs.admin.read(
          by(ctx, tenant, grantReaders),
          inputOf(asked),
          command,
        )
        return messageOf(method.output, { ...answerOf(result), revision: encodeRevision(revision) })
      })
    },
  }
}

type Access = Pick<Rpc, 'roles' | 'refused' | 'platform'>

/** A message that validation has found present. */
export function given<T>(document: T | undefined, field: string): T {
  if (document === undefined) throw invalidField(field, 'required')
  return document
}

/** The fields that a mask names, by their proto names. */
export function fieldsOf(mask: string | undefined): readonly string[] {
  const paths = (mask ?? '').split(',').filter((path) => path !== '')
  return paths.map((path) => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
}
