import type { Server } from '@grpc/grpc-js'

/**
 * Stops accepting, sends GOAWAY, tells the streams to end, waits for what is in flight; at the end of the grace
 * (ms) what is left is cut, since a dead client would be waited for without end. True where nothing had to be cut.
 */
export function drainServer(server: Server, draining: AbortController, graceMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown()
      resolve(false)
    }, graceMs)
    server.tryShutdown(() => {
      clearTimeout(timer)
      resolve(true)
    })
    draining.abort()
  })
}
