import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { answerBroken } from '#http/broken-request.ts'
import { exchange } from './forward-auth/door.ts'

test('F37 a request that does not come is 408, in the words of every door', async () => {
  const server = createServer({ requestTimeout: 20, headersTimeout: 20, connectionsCheckingInterval: 10 })
  server.on('clientError', answerBroken).on('request', () => undefined)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const reply = await exchange(port, Buffer.from('POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{'))
  server.close()
  expect(reply).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
  const [head = '', body = ''] = reply.split('\r\n\r\n')
  expect(JSON.parse(body)).toEqual({
    code: 'deadline_exceeded',
    message: 'The request did not come in time.',
  })
  expect(head).toContain(`content-length: ${body.length}`)
})
