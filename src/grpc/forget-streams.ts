import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ServerHttp2Stream } from 'node:http2'

const opened = 'http2.server.stream.created'

/**
 * Node keeps the object of an HTTP/2 stream until the whole heap is collected (its native side holds it weakly, which collections of young
 * objects take as strongly), and with it all that listens to it: the call, its message, its answer. Closed streams let go
 * of those here, so that a call dies young. Counts every server of the process until the returned function is called.
 */
export function forgetClosedStreams(): () => void {
  subscribe(opened, onOpened)
  return () => unsubscribe(opened, onOpened)
}

function onOpened(message: unknown): void {
  const { stream } = message as { readonly stream: ServerHttp2Stream }
  stream.once('close', forget)
}

function forget(this: ServerHttp2Stream): void {
  this.removeAllListeners()
  // Nothing is told after the close; if something were, it must not end the process.
  this.on('error', ignore)
}

function ignore(): void {}
