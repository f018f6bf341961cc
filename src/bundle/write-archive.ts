import { pack } from 'tar-stream'
import { storeGzip } from './store-gzip.ts'

/** Same files, same bytes, on every machine: sorted names, no times, no owner. */
export async function writeArchive(files: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
  const writer = pack()
  for (const name of [...files.keys()].sort()) {
    const content = Buffer.from(files.get(name) ?? [])
    writer.entry({ name, size: content.length, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, content)
  }
  writer.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of writer) chunks.push(chunk as Buffer)
  return storeGzip(Buffer.concat(chunks))
}
