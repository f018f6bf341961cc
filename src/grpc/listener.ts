import { createServer, type Socket } from 'node:net'

export type Listener = {
  readonly port: number
  /** Takes no more connections; calls back when the last of those that are there has ended. */
  stop(ended: () => void): void
  /** Ends every connection at once. */
  cut(): void
}

/**
 * Listens and hands connections on, and knows them all: grpc-js loses sight of its sessions without channelz,
 * so that its forceShutdown leaves them open.
 */
export function listen(host: string, port: number, accept: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    accept(socket)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      const address = server.address()
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : port,
        stop: (ended) => void server.close(() => ended()),
        cut() {
          if (server.listening) server.close()
          for (const socket of sockets) socket.destroy()
        },
      })
    })
  })
}
