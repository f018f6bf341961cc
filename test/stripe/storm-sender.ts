import { Agent, request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'
import { signatureOf } from './delivering.ts'

export type Storm = {
  /** host:port */
  readonly http: string
  readonly path: string
  readonly secret: string
  readonly payloads: readonly string[]
  /** Each so many times. */
  readonly times: number
  readonly withinMs: number
}

export type Stormed = {
  /** ms, ascending. */
  readonly latencies: readonly number[]
  readonly tookMs: number
  /** How often each answer came: "200 new", "200 duplicate_event". */
  readonly answers: Readonly<Record<string, number>>
}

/** A client in a thread of its own, so that what it costs is not the server's. */
if (parentPort !== null) parentPort.postMessage(await send(workerData as Storm))

async function send({ http, path, secret, payloads, times, withinMs }: Storm): Promise<Stormed> {
  const [host, port] = http.split(':')
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const order = Array.from({ length: times }, () => payloads).flat()
  const shuffled = order.map((payload) => ({ payload, at: Math.random() })).sort((a, b) => a.at - b.at)
  const latencies: number[] = []
  const answers: Record<string, number> = {}

  function post(payload: string): Promise<string> {
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(payload),
      'stripe-signature': signatureOf(payload, { secret }),
    }
    return new Promise((resolve, reject) => {
      const sending = request({ host, port, path, method: 'POST', agent, headers }, (reply) => {
        let text = ''
        reply.on('data', (piece) => {
          text += piece
        })
        reply.on('end', () => {
          const { processed, reason } = JSON.parse(text)
          resolve(`${reply.statusCode} ${processed === true ? 'new' : reason}`)
        })
        reply.on('error', reject)
      })
      sending.on('error', reject)
      sending.end(payload)
    })
  }

  const start = performance.now()
  await Promise.all(
    shuffled.map(async ({ payload }, index) => {
      await new Promise((due) => setTimeout(due, (index / shuffled.length) * withinMs))
      const from = performance.now()
      const answer = await post(payload)
      latencies.push(performance.now() - from)
      answers[answer] = (answers[answer] ?? 0) + 1
    }),
  )
  agent.destroy()
  return { latencies: latencies.sort((a, b) => a - b), tookMs: performance.now() - start, answers }
}
