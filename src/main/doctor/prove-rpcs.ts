import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf'
import { AppError } from '#core/errors.ts'
import { type Caller, roles } from '#core/tenant-view.ts'
import type { IncomingCall } from '#rpc/call.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { createPipeline, type Pipeline } from '#rpc/pipeline.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { createVerbTable } from '#rpc/table.ts'
import type { Identifier } from './identifiers.ts'
import { type Body, bodyOf, leavesOf, type OwnValues, withLeaf } from './requests.ts'
import { mayName } from './topics.ts'

export type RpcLeak = {
  readonly rpc: string
  readonly field: string
  readonly kind: string
  readonly found: string
}
export type RpcProof = {
  readonly rpcs: number
  readonly questions: number
  readonly leaks: readonly RpcLeak[]
}

type Needs = RpcNeeds & {
  /** The tenant that asks, and the one whose things are asked for. */
  readonly own: string
  readonly theirs: string
  readonly identifiers: readonly Identifier[]
  readonly ownValues: OwnValues
  /** Only the rpcs of these names. */
  readonly only?: RegExp
  readonly progress?: (rpc: string, done: number, of: number) => void
}

/**
 * Calls every rpc as a caller of one tenant, with what names things of another in each field in turn, and with its like
 * that names nothing: were the two answers to differ in anything else, the first would tell of the other tenant.
 */
export async function proveRpcs(needs: Needs): Promise<RpcProof> {
  const { own, theirs, identifiers, ownValues, progress } = needs
  const granted = roles.filter((role) => role !== 'worker' && role !== 'delegate' && role !== 'operator')
  const caller: Caller = { id: 'doctor', name: 'doctor', tenant: own, kind: 'key', roles: granted }
  const table = createVerbTable(needs).filter((rpc) => needs.only?.test(nameOf(rpc)) ?? true)
  const nobody = own.replace(/^./, (digit) => (digit === 'f' ? 'e' : 'f'))
  const tenants: Identifier = { kind: 'tenant', theirs, nobodys: nobody }
  const pipeline = createPipeline({ ...needs, authenticate: () => caller })
  const leaks: RpcLeak[] = []
  let questions = 0
  for (const [index, rpc] of table.entries()) {
    progress?.(nameOf(rpc), index, table.length)
    const base = bodyOf(rpc.method.input, ownValues)
    const asked = leavesOf(rpc.method.input).flatMap((leaf) =>
      [...identifiers, tenants]
        .filter(({ kind }) => mayName(leaf.at(-1)?.name ?? '', kind))
        .map((identifier) => ({ leaf, identifier })),
    )
    questions += asked.length
    for (let at = 0; at < asked.length; at += atOnce) {
      const found = asked.slice(at, at + atOnce).map(async ({ leaf, identifier }) => {
        const either = [identifier.theirs, identifier.nobodys]
        const ask = (value: string) => outcome(pipeline, rpc, withLeaf(base, leaf, value, ownValues), either)
        const differing = await difference(ask, identifier)
        const field = leaf.map(({ name }) => name).join('.')
        return differing === undefined
          ? []
          : [{ rpc: nameOf(rpc), field, kind: identifier.kind, found: differing }]
      })
      leaks.push(...(await Promise.all(found)).flat())
    }
  }
  return { rpcs: table.length, questions, leaks }
}

/** What differs between the two answers, every time they are asked for: a server under load may answer late once. */
async function difference(
  ask: (value: string) => Promise<string>,
  { theirs, nobodys }: Identifier,
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    const [first, second] = [await ask(theirs), await ask(nobodys)]
    if (first === second) return undefined
    if (attempt === 3) return `${first} instead of ${second}`
  }
}

const nameOf = ({ method }: Rpc) => `${method.parent.name}.${method.name}`
const atOnce = 4
const patience = 20_000
/** How long a stream may say nothing. */
const silence = 300

/** What came of it, without what is different every time. */
async function outcome(pipeline: Pipeline, rpc: Rpc, body: Body, sent: readonly string[]): Promise<string> {
  const stopped = new AbortController()
  const timer = setTimeout(() => stopped.abort(), rpc.kind === 'server_stream' ? silence : patience)
  const call: IncomingCall = {
    door: 'doctor',
    header: () => undefined,
    credentials: () => ({}),
    deadline: Date.now() + patience,
    signal: () => stopped.signal,
  }
  try {
    const answer = await answered(pipeline, rpc, body, call)
    return same(JSON.stringify(answer), sent)
  } catch (error) {
    if (!(error instanceof AppError)) return same(`no message: ${(error as Error).message}`, sent)
    return same(`${error.code} ${error.message} ${JSON.stringify(error.metadata)}`, sent)
  } finally {
    clearTimeout(timer)
    stopped.abort()
  }
}

async function answered(pipeline: Pipeline, rpc: Rpc, body: Body, call: IncomingCall): Promise<unknown> {
  const message = () => fromJson(rpc.method.input, body as JsonValue)
  const json = (answer: never) => toJson(rpc.method.output, answer)
  if (rpc.kind === 'unary') return json((await pipeline.unary(rpc, message, call)) as never)
  if (rpc.kind === 'bidi') return json((await (await pipeline.bidi(rpc, call))(message())) as never)
  // One that waits for changes says where it stands first.
  for await (const answer of pipeline.stream(rpc, message, call)) return json(answer as never)
  return 'nothing'
}

const uuids = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const times = /\d{4}-\d\d-\d\dT[\d:.]+Z/g
const tokens = /AQ[\w-]{60,}/g

/** Both names are taken out of either answer: one that is an ordinary word stands in our own texts too. */
function same(text: string, sent: readonly string[]): string {
  const bare = (name: string) => name.replace(/^[a-z]{3}_/, '')
  const spellings = sent.flatMap((name) => [JSON.stringify(name).slice(1, -1), name, bare(name)])
  return spellings
    .sort((a, b) => b.length - a.length)
    .reduce((left, name) => left.replaceAll(name, '…'), text)
    .replace(uuids, '<id>')
    .replace(times, '<time>')
    .replace(tokens, '<revision>')
    .replace(/"(snapshotAge|etag)":"[^"]*"/g, '"$1":"…"')
}
