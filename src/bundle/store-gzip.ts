import { crc32 } from 'node:zlib'

const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
const longestBlock = 65_535

/**
 * A gzip that stores instead of deflating, without time and origin: what deflate writes differs between
 * processors and releases of zlib, and the same sources have to give the same bytes everywhere.
 */
export function storeGzip(content: Uint8Array): Buffer {
  const parts: Uint8Array[] = [header]
  for (let at = 0; at === 0 || at < content.length; at += longestBlock) {
    const block = content.subarray(at, at + longestBlock)
    const start = Buffer.alloc(5)
    start[0] = at + longestBlock >= content.length ? 1 : 0
    start.writeUInt16LE(block.length, 1)
    start.writeUInt16LE(~block.length & 0xffff, 3)
    parts.push(start, block)
  }
  const end = Buffer.alloc(8)
  end.writeUInt32LE(crc32(content), 0)
  end.writeUInt32LE(content.length, 4)
  return Buffer.concat([...parts, end])
}
