import type { FastifyInstance } from 'fastify'

export type HttpServer = {
  readonly port: number
  /** Finishes what is in flight, at most for `graceMs`. True where nothing had to be cut. */
  drain(graceMs: number): Promise<boolean>
  /** Cuts everything. */
  close(): Promise<void>
}

export async function listen(app: FastifyInstance, host: string, port: number): Promise<HttpServer> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw error
  }
  const address = app.server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async drain(graceMs) {
      let whole = true
      const timer = setTimeout(() => {
        whole = false
        app.server.closeAllConnections()
      }, graceMs)
      await app.close()
      clearTimeout(timer)
      return whole
    },
    async close() {
      const closed = app.close()
      app.server.closeAllConnections()
      await closed
    },
  }
}
