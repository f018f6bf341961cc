import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createUnframer, framed } from './grpc-frame.ts'

test('messages come out as they went in, however the bytes are cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 })
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 30 }), (sent, size) => {
      const received: Uint8Array[] = []
      const unframe = createUnframer((message) => received.push(Uint8Array.from(message)))
      const bytes = Buffer.concat(sent.map(framed))
      for (let at = 0; at < bytes.length; at += size) unframe(bytes.subarray(at, at + size))
      expect(received).toEqual(sent)
    }),
  )
})
