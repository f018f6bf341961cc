import { promisify } from 'node:util'
import { gunzip, type ZlibOptions } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { type ArchiveLimits, archiveLimits } from './archive-limits.ts'
import { BundleRefused } from './refusal.ts'

/** Plain relative ASCII names: nothing to normalise, so no two spellings of one file. */
const namePattern = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*(?:[A-Za-z0-9_-][A-Za-z0-9._-]*|\.manifest)$/
const longestName = 255

export type Files = ReadonlyMap<string, Buffer>

/** Reads a .tar.gz in memory. Throws BundleRefused for all but regular files with plain, different names. */
export async function readArchive(bytes: Uint8Array, limits: ArchiveLimits = archiveLimits): Promise<Files> {
  const tar = await inflate(bytes, limits)
  const files = new Map<string, Buffer>()
  const folded = new Set<string>()
  const reader = extract()
  reader.end(tar)
  try {
    for await (const entry of reader) {
      const { header } = entry
      refuseEntry(header, limits, folded)
      if (files.size === limits.files) throw new BundleRefused(`It has more than ${limits.files} files.`)
      const chunks: Buffer[] = []
      for await (const chunk of entry) chunks.push(chunk as Buffer)
      const content = Buffer.concat(chunks)
      if (content.length !== header.size) throw new BundleRefused(`${header.name} is cut short.`)
      files.set(header.name, content)
    }
  } catch (cause) {
    throw cause instanceof BundleRefused ? cause : new BundleRefused('It is no readable tar archive.', cause)
  }
  return files
}

async function inflate(bytes: Uint8Array, limits: ArchiveLimits): Promise<Buffer> {
  const maxOutputLength = Math.min(limits.totalBytes, bytes.length * limits.ratio)
  try {
    const { buffer, engine } = await gunzipWithInfo(bytes, { maxOutputLength, info: true })
    if (engine.bytesWritten !== bytes.length) throw new BundleRefused('Bytes follow its end.')
    return buffer
  } catch (cause) {
    if (cause instanceof BundleRefused) throw cause
    const tooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw new BundleRefused(tooLarge ? 'It is too large when inflated.' : 'It is no readable gzip.', cause)
  }
}

type Inflated = { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } }

const gunzipWithInfo = promisify(gunzip) as unknown as (
  bytes: Uint8Array,
  options: ZlibOptions,
) => Promise<Inflated>

function refuseEntry(
  header: Header & { readonly pax?: unknown },
  limits: ArchiveLimits,
  folded: Set<string>,
): void {
  const { name } = header
  if (header.type !== 'file') throw new BundleRefused(`${name} is not a regular file.`)
  if (header.pax) throw new BundleRefused(`${name} has an extended header.`)
  if (name.length > longestName || !namePattern.test(name)) {
    throw new BundleRefused(`${JSON.stringify(name.slice(0, longestName))} is not a plain relative name.`)
  }
  if (folded.has(name.toLowerCase())) throw new BundleRefused(`${name} occurs twice.`)
  folded.add(name.toLowerCase())
  if ((header.size ?? 0) > limits.fileBytes) throw new BundleRefused(`${name} is too large.`)
}
