import { gzipSync } from 'node:zlib'
import { type Header, pack } from 'tar-stream'

type Entry = Partial<Header> & { readonly name: string; readonly content?: string }

/** A .tar.gz of exactly these entries, however odd. */
export async function archiveOf(entries: readonly Entry[]): Promise<Buffer> {
  const writer = pack()
  for (const { content = '', ...header } of entries) {
    if (header.type === undefined || header.type === 'file') writer.entry(header, content)
    else writer.entry(header)
  }
  writer.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of writer) chunks.push(chunk as Buffer)
  return gzipSync(Buffer.concat(chunks))
}

/** A raw header block that claims a size and has nothing behind it. */
export function lyingHeader(name: string, size: number, type = '0'): Buffer {
  const block = Buffer.alloc(512)
  block.write(name, 0)
  block.write('0000644\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  if (size < 0o77777777777) block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  else {
    block[124] = 0x80
    block.writeBigUInt64BE(BigInt(size), 128)
  }
  block.write('00000000000\0', 136)
  block.write('        ', 148)
  block.write(type, 156)
  block.write('ustar\0', 257)
  block.write('00', 263)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return gzipSync(Buffer.concat([block, Buffer.alloc(1_024)]))
}
