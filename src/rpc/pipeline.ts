import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import type { AppError } from '#core/errors.ts'
import type { Caller } from '#core/tenant-view.ts'
import { parseTraceparent } from '#observe/traceparent.ts'
import { authorize } from './authorize.ts'
import type { CallContext, IncomingCall } from './call.ts'
import { cappedDeadline, withinDeadline } from './deadline.ts'
import { toFailure } from './failure.ts'
import { andThen, type Maybe } from './maybe.ts'
import type { RpcNeeds } from './needs.ts'
import type { Access, BidiRpc, StreamRpc, UnaryRpc } from './rpc.ts'
import { validate } from './validate.ts'

type Message = MessageShape<DescMessage>
/** What may be called: a row of the table, or what one door has of its own. */
type Verb = Access & { readonly method: { readonly name: string } }

/** What a door hands over as the message: a decoder's result, which throws INVALID_FIELD for junk. */
export type Decoded = () => Message

export type Pipeline = {
  /** Answers, at once where possible. Throws or rejects with an AppError that may be shown as it is. */
  unary(rpc: UnaryRpc, message: Decoded, call: IncomingCall): Maybe<Message>
  /** The same for what only one door has: `work` decodes, and validates, once the caller may ask. */
  ask<T>(verb: Verb, call: IncomingCall, work: (ctx: CallContext) => Maybe<T>): Maybe<T>
  stream(rpc: StreamRpc, message: Decoded, call: IncomingCall): AsyncIterable<Message>
  /**
   * Opens a stream of questions: each goes to the function, which throws (or rejects) only where the stream has to end.
   */
  bidi(rpc: BidiRpc, call: IncomingCall): Maybe<(message: Message) => Maybe<Message>>
}

/** How long a stream's caller is believed before it is looked up again. */
const believedMs = 1000

/** The steps every call of every door goes through: caller → role → validation → deadline → verb; traced and counted. */
export function createPipeline(needs: RpcNeeds): Pipeline {
  function contextOf(rpc: Verb, call: IncomingCall, deadline: number): Maybe<CallContext> {
    return andThen(needs.authenticate(call.credentials()), (caller) =>
      contextFor(caller, rpc, call, deadline),
    )
  }

  function contextFor(caller: Caller, rpc: Verb, call: IncomingCall, deadline: number): CallContext {
    authorize(caller, rpc)
    const trace = parseTraceparent(call.header('traceparent') ?? '')?.traceId
    return {
      caller,
      deadline,
      door: call.door,
      verb: rpc.method.name,
      ...(trace !== undefined && { trace_id: trace }),
      signal: call.signal,
    }
  }

  /** The context of a stream, whose caller is asked for again from time to time: a key may be withdrawn meanwhile. */
  function believed(rpc: Verb, call: IncomingCall): () => Maybe<CallContext> {
    let ctx = contextOf(rpc, call, call.deadline)
    let askedAt = performance.now()
    return () => {
      if (performance.now() - askedAt < believedMs) return ctx
      ctx = contextOf(rpc, call, call.deadline)
      // Whoever asks for it next hears of it.
      if (ctx instanceof Promise) ctx.catch(() => undefined)
      askedAt = performance.now()
      return ctx
    }
  }

  function failed(rpc: Verb, call: IncomingCall, error: unknown): AppError {
    const failure = toFailure(needs, error)
    needs.metrics.request(call.door, rpc.method.name, failure.code)
    return failure
  }

  function succeeded(rpc: Verb, call: IncomingCall, startedAt: number): void {
    needs.metrics.request(call.door, rpc.method.name, 'OK')
    needs.metrics.decided(call.door, rpc.method.name, (performance.now() - startedAt) / 1000)
  }

  function ask<T>(verb: Verb, call: IncomingCall, work: (ctx: CallContext) => Maybe<T>): Maybe<T> {
    const startedAt = performance.now()
    try {
      const now = needs.now()
      const deadline = cappedDeadline(call.deadline, now, verb.longestMs)
      const answer = andThen(withinDeadline(contextOf(verb, call, deadline), deadline, now), (ctx) =>
        withinDeadline(work(ctx), deadline, now),
      )
      if (answer instanceof Promise) {
        return answer.then(
          (response) => {
            succeeded(verb, call, startedAt)
            return response
          },
          (error: unknown) => {
            throw failed(verb, call, error)
          },
        )
      }
      succeeded(verb, call, startedAt)
      return answer
    } catch (error) {
      throw failed(verb, call, error)
    }
  }

  return {
    unary: (rpc, message, call) =>
      ask(rpc, call, (ctx) => {
        const request = message()
        validate(rpc.method.input, request)
        return needs.tracing.run(call.door, rpc.method.name, call, () => rpc.handle(request, ctx))
      }),
    ask: (verb, call, work) =>
      ask(verb, call, (ctx) => needs.tracing.run(call.door, verb.method.name, call, () => work(ctx))),

    async *stream(rpc, message, call) {
      try {
        const current = believed(rpc, call)
        const ctx = await current()
        const request = message()
        validate(rpc.method.input, request)
        for await (const answer of rpc.handle(request, ctx)) {
          const still = current()
          if (still instanceof Promise) await still
          yield answer
        }
        needs.metrics.request(call.door, rpc.method.name, 'OK')
      } catch (error) {
        throw failed(rpc, call, error)
      }
    },

    bidi(rpc, call) {
      try {
        const current = believed(rpc, call)
        const answerer = (message: Message): Maybe<Message> => {
          const startedAt = performance.now()
          let answer: Maybe<Message>
          try {
            const ctx = current()
            answer =
              ctx instanceof Promise
                ? ctx.then(
                    (known) => rpc.handle(message, known),
                    (error: unknown) => {
                      throw failed(rpc, call, error)
                    },
                  )
                : rpc.handle(message, ctx)
          } catch (error) {
            throw failed(rpc, call, error)
          }
          if (answer instanceof Promise) {
            answer.then(
              () => succeeded(rpc, call, startedAt),
              () => undefined,
            )
          } else succeeded(rpc, call, startedAt)
          return answer
        }
        const first = current()
        if (!(first instanceof Promise)) return answerer
        return first.then(
          () => answerer,
          (error: unknown) => {
            throw failed(rpc, call, error)
          },
        )
      } catch (error) {
        throw failed(rpc, call, error)
      }
    },
  }
}
