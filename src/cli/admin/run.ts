import { type DescMethodUnary, type JsonObject, type MessageShape, toJson } from '@bufbuild/protobuf'
import { connected } from '#cli/connected.ts'
import { shown } from './show.ts'

type Request = MessageShape<DescMethodUnary['input']>

export type RunOptions = {
  readonly json?: boolean
  /** All pages of a list. */
  readonly all?: boolean
}

/** Calls a method and prints its answer. */
export async function run(method: DescMethodUnary, request: Request, options: RunOptions): Promise<void> {
  const answer = await connected((client) => {
    const call = client.call(method)
    return options.all ? allPages(method, request, call) : call(request)
  })
  const { output } = method
  const text = options.json
    ? JSON.stringify(toJson(output, answer))
    : shown(
        output,
        toJson(output, answer, { useProtoFieldName: true, alwaysEmitImplicit: true }) as JsonObject,
      )
  process.stdout.write(`${text}\n`)
}

type Call = (request: Request) => Promise<MessageShape<DescMethodUnary['output']>>
type Page = { nextPageToken: string; [field: string]: unknown }

async function allPages(method: DescMethodUnary, request: Request, call: Call) {
  const items = method.output.fields.find(({ fieldKind }) => fieldKind === 'list')
  const first = (await call(request)) as unknown as Page
  let token = first.nextPageToken
  while (items && token !== '') {
    const page = (await call({ ...request, pageToken: token } as never)) as unknown as Page
    ;(first[items.localName] as unknown[]).push(...(page[items.localName] as unknown[]))
    token = page.nextPageToken
  }
  return { ...first, nextPageToken: '' } as never
}
