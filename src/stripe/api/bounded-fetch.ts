// Between the package and the network. An answer is read whole, up to a limit, within the package's time limit. A refusal
// that is not written as Stripe writes them is made one: the package takes it for the thing that was asked for.

export type BoundedFetchNeeds = {
  readonly mostBytes: number
  /** Of each answer: what Stripe's clock said, ms; a whole second. */
  readonly dated: (ms: number) => void
}

const bodyless = new Set([204, 205, 304])

export function createBoundedFetch({ mostBytes, dated }: BoundedFetchNeeds): typeof fetch {
  return async (url, init) => {
    const response = await fetch(url, { ...init, redirect: 'error' })
    const date = Date.parse(response.headers.get('date') ?? '')
    if (!Number.isNaN(date)) dated(date)
    const { status, headers } = response
    const body = await readWhole(response, mostBytes)
    if (bodyless.has(status)) return new Response(null, { status, headers })
    const refused = status >= 300 && !saysError(body)
    return new Response(refused ? unreadable : body, { status, headers })
  }
}

const unreadable = JSON.stringify({ error: { type: 'api_error', message: 'not an answer of Stripe' } })

function saysError(body: Uint8Array): boolean {
  try {
    const said = JSON.parse(new TextDecoder().decode(body)) as { readonly error?: unknown } | null
    return typeof said?.error === 'object' && said.error !== null
  } catch {
    return false
  }
}

async function readWhole(response: Response, mostBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > mostBytes)
      throw Object.assign(new Error('the answer is too large'), { code: 'ANSWER_TOO_LARGE' })
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}
