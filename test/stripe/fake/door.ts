import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import type { Fault, Faults } from './faults.ts'
import type { OpenApi } from './openapi.ts'
import { StripeRefusal } from './refusal.ts'
import type { Asked } from './routes.ts'

export type Request = {
  readonly method: string
  readonly path: string
  readonly query: string
  status: number
}

type Needs = {
  /** The API key that is right. */
  readonly key: string
  readonly faults: Faults
  readonly openApi: OpenApi | undefined
  readonly answer: (asked: Asked) => unknown
  readonly now: () => number
}

/** Speaks HTTP: keys, idempotency, faults; each answer is held against Stripe's OpenAPI before it is sent. */
export async function openDoor({ key, faults, openApi, answer, now }: Needs) {
  const requests: Request[] = []
  const mistakes: Error[] = []
  const repeated = new Map<string, { readonly what: string; readonly body: unknown }>()

  const answerOf = (asked: Asked, form: string, idempotency: string | undefined): unknown => {
    if (asked.method !== 'POST' || idempotency === undefined) return answer(asked)
    const what = `${asked.path} ${form}`
    const before = repeated.get(idempotency)
    if (before && before.what !== what)
      throw new StripeRefusal(400, {
        type: 'idempotency_error',
        message: 'Keys for idempotent requests can only be used with the same parameters',
      })
    const body = before ? before.body : answer(asked)
    repeated.set(idempotency, { what, body })
    return body
  }

  const send = (
    response: ServerResponse,
    status: number,
    body: unknown,
    headers: Readonly<Record<string, string>>,
    half: boolean,
  ): void => {
    const said = JSON.stringify(body)
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(said)),
      date: new Date(now()).toUTCString(),
      'request-id': `req_${requests.length}`,
      ...headers,
    })
    if (half) response.write(said.slice(0, said.length / 2), () => response.destroy())
    else response.end(said)
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://stripe')
    const form = await text(request)
    const { method = 'GET' } = request
    const seen: Request = { method, path: url.pathname, query: url.search, status: 0 }
    requests.push(seen)
    const fault: Fault | undefined = faults.next(url.pathname)
    if (fault === undefined && faults.wait() > 0) await pause(faults.wait(), undefined, { ref: false })
    if (fault === 'hang') return
    if (fault === 'cut') {
      response.destroy()
      return
    }
    const names = [...new Set([...url.searchParams.keys()])]
    const checked = (status: number, body: unknown): unknown => {
      openApi?.checkAnswer(method, url.pathname, names, status, body)
      return body
    }
    try {
      if (typeof fault === 'number') throw faults.refusal(fault)
      if (request.headers.authorization !== `Bearer ${key}`) throw faults.refusal(401)
      const asked = { method, path: url.pathname, query: url.searchParams, form: new URLSearchParams(form) }
      const idempotency = request.headers['idempotency-key']
      const body = checked(
        200,
        answerOf(asked, form, Array.isArray(idempotency) ? idempotency[0] : idempotency),
      )
      seen.status = 200
      send(response, 200, body, {}, fault === 'half')
    } catch (error) {
      if (!(error instanceof StripeRefusal)) {
        mistakes.push(error as Error)
        seen.status = 599
        send(response, 599, { error: { type: 'api_error', message: String(error) } }, {}, false)
        return
      }
      seen.status = error.status
      const wait = error.retryAfter === undefined ? {} : { 'retry-after': String(error.retryAfter) }
      send(response, error.status, error.body, wait, false)
    }
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: Error) => {
      mistakes.push(error)
      response.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    /** Where the fake itself was wrong; a test that ends with any should fail. */
    mistakes,
    close: async (): Promise<void> => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
