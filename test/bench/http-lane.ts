import { once } from 'node:events'
import { connect } from 'node:net'
import type { Answered, Lane } from './lane.ts'

const headEnd = Buffer.from('\r\n\r\n')

/** HTTP/1.1 with keep-alive over a bare socket, one question at a time; a question is a whole request as bytes. */
export async function openHttpLane(address: string, statuses: readonly number[] = [200]): Promise<Lane> {
  const { hostname, port } = new URL(`http://${address}`)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  let answered: Answered = () => {}
  let held: Buffer = Buffer.alloc(0)

  socket.on('data', (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const end = held.indexOf(headEnd)
    if (end < 0) return
    const head = held.toString('latin1', 0, end)
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN)
    if (held.length < end + 4 + length) return
    const body = held.subarray(end + 4)
    held = Buffer.alloc(0)
    if (!Number.isNaN(length) && statuses.includes(Number(head.slice(9, 12)))) answered(body)
    else answered(undefined, Number.isNaN(length) ? 'no content-length' : head.slice(0, 40))
  })
  socket.on('error', (error) => answered(undefined, error.message))

  return {
    ask(question, done) {
      answered = done
      socket.write(question)
    },
    depth: 1,
    close: () => socket.destroy(),
  }
}

/** A POST of JSON as the bytes of one keep-alive request. */
export function postOf(
  address: string,
  path: string,
  json: unknown,
  headers: Readonly<Record<string, string>> = {},
): Buffer {
  const body = Buffer.from(JSON.stringify(json))
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${address}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...linesOf(headers),
    '\r\n',
  ]
  return Buffer.concat([Buffer.from(head.join('\r\n')), body])
}

/** A GET as the bytes of one keep-alive request. */
export function getOf(address: string, path: string, headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.from([`GET ${path} HTTP/1.1`, `Host: ${address}`, ...linesOf(headers), '\r\n'].join('\r\n'))
}

function linesOf(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map((each) => each.join(': '))
}
