import type {
  DescMessage,
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageShape,
} from '@bufbuild/protobuf'
import type { Role } from '#core/tenant-view.ts'
import type { CallContext } from './call.ts'
import type { Maybe } from './maybe.ts'

export type Access = {
  /** The caller needs one of these. */
  readonly roles: readonly Role[]
  /** A caller with one of these is refused, whatever else it has. */
  readonly refused?: readonly Role[]
  /** How long an answer may take, ms. Default 5 s. */
  readonly longestMs?: number
  /** Only callers of the platform. */
  readonly platform?: boolean
}

type Message = MessageShape<DescMessage>

/** One row of the verb table: every door adapts these and adds nothing. */
export type UnaryRpc = Access & {
  readonly kind: 'unary'
  readonly method: DescMethod
  readonly handle: (message: Message, ctx: CallContext) => Maybe<Message>
}
export type StreamRpc = Access & {
  readonly kind: 'server_stream'
  readonly method: DescMethod
  readonly handle: (message: Message, ctx: CallContext) => AsyncIterable<Message>
}
/** Each message is a call of its own: answers may overtake. `handle` answers failures too and does not reject. */
export type BidiRpc = Access & {
  readonly kind: 'bidi'
  readonly method: DescMethod
  readonly handle: (message: Message, ctx: CallContext) => Maybe<Message>
}
export type Rpc = UnaryRpc | StreamRpc | BidiRpc

export function unary<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  access: Access,
  handle: (message: MessageShape<I>, ctx: CallContext) => Maybe<MessageShape<O>>,
): UnaryRpc {
  return { ...access, kind: 'unary', method, handle: handle as unknown as UnaryRpc['handle'] }
}

export function serverStream<I extends DescMessage, O extends DescMessage>(
  method: DescMethodServerStreaming<I, O>,
  access: Access,
  handle: (message: MessageShape<I>, ctx: CallContext) => AsyncIterable<MessageShape<O>>,
): StreamRpc {
  return { ...access, kind: 'server_stream', method, handle: handle as unknown as StreamRpc['handle'] }
}

export function bidi<I extends DescMessage, O extends DescMessage>(
  method: DescMethodBiDiStreaming<I, O>,
  access: Access,
  handle: (message: MessageShape<I>, ctx: CallContext) => Maybe<MessageShape<O>>,
): BidiRpc {
  return { ...access, kind: 'bidi', method, handle: handle as unknown as BidiRpc['handle'] }
}
