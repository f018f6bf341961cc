import { gunzipSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { BundleRefused } from './refusal.ts'

/** The module in what `opa build` wrote: our own file, so without the reader's limits. */
export async function wasmOf(opaBundle: Buffer): Promise<Buffer> {
  const reader = extract()
  reader.end(gunzipSync(opaBundle))
  let wasm: Buffer | undefined
  for await (const entry of reader) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    if (entry.header.name === '/policy.wasm') wasm = Buffer.concat(chunks)
  }
  if (wasm === undefined) throw new BundleRefused('opa build gave no policy.wasm.')
  return wasm
}
