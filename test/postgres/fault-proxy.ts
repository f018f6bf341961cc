import { connect, createServer, type Socket } from 'node:net'

export type FaultProxy = {
  /** The same database, through the proxy. */
  readonly url: string
  /** What is connected goes silent for ever, as where a host has vanished. Those who connect anew are served. */
  readonly silence: () => void
  /** Resets what is connected. */
  readonly reset: () => void
  /** Ends what is connected in good order, as a server does that shuts down. */
  readonly end: () => void
  /** Resets whoever connects, or serves them again. */
  readonly refuse: (refused: boolean) => void
  /** Resets everything when so many more pieces have passed, in either direction. */
  readonly cutAfter: (pieces: number) => void
  /** Holds every piece for so long. */
  readonly delay: (ms: number) => void
  readonly close: () => Promise<void>
}

type Line = { readonly ends: readonly Socket[]; isSilent: boolean }

/** Stands between a client and Postgres and does what networks do. */
export async function faultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target)
  const lines = new Set<Line>()
  const faults = { isRefused: false, delayMs: 0, piecesLeft: Number.POSITIVE_INFINITY }

  function reset(): void {
    for (const { ends } of lines) for (const end of ends) end.resetAndDestroy()
    lines.clear()
  }

  function pump(from: Socket, to: Socket, line: Line): void {
    from.on('data', (piece) => {
      if (line.isSilent) return
      if (faults.piecesLeft-- <= 0) {
        faults.piecesLeft = Number.POSITIVE_INFINITY
        reset()
      } else if (faults.delayMs > 0) setTimeout(() => to.write(piece), faults.delayMs)
      else to.write(piece)
    })
    from.on('error', () => {})
    from.on('close', () => {
      if (!line.isSilent) to.destroy()
      if (line.ends.every((end) => end.destroyed)) lines.delete(line)
    })
  }

  const server = createServer((client) => {
    if (faults.isRefused) {
      client.on('error', () => {})
      client.resetAndDestroy()
      return
    }
    const upstream = connect(Number(port), hostname)
    const line: Line = { ends: [client, upstream], isSilent: false }
    lines.add(line)
    pump(client, upstream, line)
    pump(upstream, client, line)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(address.port)

  return {
    url: url.href,
    reset,
    end() {
      for (const { ends } of lines) for (const each of ends) each.destroy()
    },
    silence() {
      for (const line of lines) line.isSilent = true
    },
    refuse(refused) {
      faults.isRefused = refused
    },
    cutAfter(pieces) {
      faults.piecesLeft = pieces
    },
    delay(ms) {
      faults.delayMs = ms
    },
    async close() {
      reset()
      await new Promise((closed) => server.close(closed))
    },
  }
}
