import { Agent, request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'

export type Checks = {
  /** host:port */
  readonly http: string
  readonly key: string
  /** JSON of CheckRequests, asked in turn. */
  readonly bodies: readonly string[]
  readonly perSecond: number
}

/** A client in a thread of its own that asks at an even pace until it is told to stop; then how long each answer took, ms. */
if (parentPort !== null) {
  const port = parentPort
  const { http, key, bodies, perSecond } = workerData as Checks
  const [host, portNumber] = http.split(':')
  const agent = new Agent({ keepAlive: true })
  const latencies: number[] = []
  let failed = 0
  let asked = 0
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  const path = '/vouchsafe.v1.DecisionService/Check'
  const startedAt = performance.now()
  const timer = setInterval(() => {
    for (; asked < ((performance.now() - startedAt) / 1000) * perSecond; asked++) ask()
  }, 2)

  function ask(): void {
    // From when it was due: a late client counts as a late answer, not as none.
    const due = startedAt + (asked / perSecond) * 1000
    const sending = request({ host, port: portNumber, path, method: 'POST', agent, headers }, (reply) => {
      reply.resume()
      reply.on('end', () => {
        if (reply.statusCode !== 200) failed++
        latencies.push(performance.now() - due)
      })
    })
    sending.on('error', () => failed++)
    sending.end(bodies[asked % bodies.length])
  }

  port.on('message', () => {
    clearInterval(timer)
    agent.destroy()
    port.postMessage({ latencies: latencies.sort((a, b) => a - b), failed })
    port.close()
  })
}
