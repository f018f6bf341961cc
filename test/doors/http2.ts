import { connect, type OutgoingHttpHeaders } from 'node:http2'

/** One request over a connection of its own, without TLS. Status 0 where it was reset. */
export function http2(port: number, headers: OutgoingHttpHeaders): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    const session = connect(`http://127.0.0.1:${port}`)
    let status = 0
    let body = ''
    const done = () => {
      session.destroy()
      resolve({ status, body })
    }
    session.on('error', done)
    const stream = session.request(headers)
    stream.setEncoding('utf8')
    stream.on('response', (answer) => (status = Number(answer[':status'])))
    stream.on('data', (chunk) => (body += chunk))
    stream.on('error', done)
    stream.on('close', done)
    stream.end()
  })
}
