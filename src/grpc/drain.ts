import type { Server } from '@grpc/grpc-js'
import type { Listener } from './listener.ts'

/**
 * Stops accepting, sends GOAWAY, tells the streams to end, waits for what is in flight; at the end of the grace
 * (ms) what is left is cut, since a dead client would be waited for without end. True where nothing had to be cut.
 */
export function drainServer(
  server: Server,
  listener: Listener,
  draining: AbortController,
  graceMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(false)
      server.forceShutdown()
      listener.cut()
    }, graceMs)
    listener.stop(() => {
      clearTimeout(timer)
      resolve(true)
    })
    // It sends GOAWAY; its callback comes too early for connections that were handed over, so the listener counts.
    server.tryShutdown(() => undefined)
    draining.abort()
  })
}
