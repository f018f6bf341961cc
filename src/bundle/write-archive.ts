import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'

const osByte = 9
const osUnknown = 255

/**
 * Same files, same bytes, on every machine: sorted names, no times, no owner, and stored rather than
 * deflated, because what deflate writes differs between processors.
 */
export async function writeArchive(files: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
  const writer = pack()
  for (const name of [...files.keys()].sort()) {
    const content = Buffer.from(files.get(name) ?? [])
    writer.entry({ name, size: content.length, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, content)
  }
  writer.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of writer) chunks.push(chunk as Buffer)
  const bytes = gzipSync(Buffer.concat(chunks), { level: 0 })
  bytes[osByte] = osUnknown
  return bytes
}
