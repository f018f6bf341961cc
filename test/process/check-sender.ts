import { Agent, request } from 'node:http'

export type Checks = {
  /** host:port */
  readonly http: string
  readonly key: string
  /** JSON of CheckRequests, asked in turn. */
  readonly bodies: readonly string[]
  readonly perSecond: number
}

export type Asked = {
  /** ms, ascending. */
  readonly latencies: readonly number[]
  readonly failed: number
}

/** A client in a process of its own that asks at an even pace until it is told to stop; then how long each answer took. */
if (process.send !== undefined) {
  process.once('message', (checks) => ask(checks as Checks))
}

function ask({ http, key, bodies, perSecond }: Checks): void {
  const [host, portNumber] = http.split(':')
  const agent = new Agent({ keepAlive: true })
  const latencies: number[] = []
  let failed = 0
  let asked = 0
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  const path = '/vouchsafe.v1.DecisionService/Check'
  const startedAt = performance.now()
  const timer = setInterval(() => {
    for (; asked < ((performance.now() - startedAt) / 1000) * perSecond; asked++) askOnce()
  }, 2)

  function askOnce(): void {
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

  process.once('message', () => {
    clearInterval(timer)
    agent.destroy()
    const said: Asked = { latencies: latencies.sort((a, b) => a - b), failed }
    process.send?.(said, () => process.disconnect?.())
  })
}
