const prefixBytes = 5

/** A gRPC message with its length prefix, not compressed. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(prefixBytes + message.length)
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, prefixBytes)
  return frame
}

/** Takes bytes as they come and hands out each message that is complete. */
export function createUnframer(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0)
  return (chunk) => {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    let at = 0
    while (bytes.length >= at + prefixBytes) {
      const end = at + prefixBytes + bytes.readUInt32BE(at + 1)
      if (bytes.length < end) break
      onMessage(bytes.subarray(at + prefixBytes, end))
      at = end
    }
    held = bytes.subarray(at)
  }
}
