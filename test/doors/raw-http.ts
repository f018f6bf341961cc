import { connect } from 'node:net'

export type RawReply = {
  readonly status: number
  /** Names in lower case; the last of several. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type RawRequest = {
  readonly method?: string
  /** As it stands in the first line. */
  readonly target?: string
  readonly version?: string
  /** In their order and spelling. Default: one Host. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string
}

/** Sends HTTP/1.1 byte for byte (text as Latin-1), as no client library would; resolves when the connection ends. */
export function rawHttp(port: number, request: RawRequest): Promise<RawReply> {
  const { method = 'GET', target = '/', version = 'HTTP/1.1', headers = [], body = '' } = request
  const all =
    headers.some(([name]) => /^host$/i.test(name)) || version === 'HTTP/1.0' ? headers : [host, ...headers]
  const closing = all.some(([name]) => /^connection$/i.test(name)) ? [] : [['Connection', 'close'] as const]
  const head = [...all, ...closing].map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      received += chunk
      if (complete(received)) socket.end()
    })
    socket.once('error', reject)
    socket.once('close', () => resolve(replyOf(received)))
    socket.write(Buffer.from(`${method} ${target} ${version}\r\n${head}\r\n${body}`, 'latin1'))
  })
}

/** A text's UTF-8, as `rawHttp` takes bytes. */
export function onWire(text: string): string {
  return Buffer.from(text).toString('latin1')
}

const host = ['Host', 'app.example'] as const

function complete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return false
  const length = /^content-length: (\d+)/im.exec(text.slice(0, end))?.[1]
  return length !== undefined && text.length >= end + 4 + Number(length)
}

/** Status 0 where the connection ended without an answer. */
function replyOf(text: string): RawReply {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers = lines.map((line) => {
    const at = line.indexOf(':')
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const
  })
  return {
    status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? 0),
    headers: Object.fromEntries(headers),
    body: rest.join('\r\n\r\n'),
  }
}
