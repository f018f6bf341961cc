import { createManifest, manifestName, manifestText, sha256 } from '#bundle/manifest.ts'
import { writeArchive } from '#bundle/write-archive.ts'
import { defaultBytes, defaultFiles, fileOf, withoutOpa } from '#test/bundle/shipped.ts'
import { compileRego } from '#test/policy/compile-rego.ts'

type Damaged = { readonly what: string; readonly bytes: Buffer; readonly why: RegExp }

const entrypoint = 'vouchsafe/decision/verdict'

/** What may come to lie where the bundle was, and how its refusal reads. */
export async function damagedBundles(): Promise<readonly Damaged[]> {
  const flipped = Buffer.from(defaultBytes)
  const middle = flipped.length >> 1
  flipped.writeUInt8(flipped.readUInt8(middle) ^ 1, middle)
  const wasm = fileOf(defaultFiles, 'policy.wasm')
  const renamed = Buffer.from(
    wasm.toString('latin1').replaceAll(entrypoint, 'vouchsafe/decision/verdicT'),
    'latin1',
  )
  const damaged = [
    { what: 'truncated', bytes: defaultBytes.subarray(0, middle), why: /gzip|tar|archive|end/i },
    { what: 'altered', bytes: flipped, why: /altered|gzip|crc|checksum/i },
    { what: 'empty', bytes: Buffer.alloc(0), why: /gzip/ },
    { what: 'without the entrypoint', bytes: await withModule(renamed), why: /entrypoint vouchsafe/ },
  ]
  // Only OPA can make a module that wants a built-in which is not there.
  if (withoutOpa) return damaged
  const unknown = await compileRego('package vouchsafe.decision\nverdict := sprintf("%v", [input])')
  const wanting = {
    what: 'with a foreign built-in',
    bytes: await withModule(unknown),
    why: /not allowed: sprintf/,
  }
  return [...damaged, wanting]
}

/** The shipped bundle with another module, and a manifest that fits. */
async function withModule(wasm: Buffer): Promise<Buffer> {
  const files = new Map(defaultFiles).set('policy.wasm', wasm)
  files.delete(manifestName)
  const manifest = createManifest(files, ['vouchsafe', 'custom'], sha256(''))
  return writeArchive(files.set(manifestName, Buffer.from(manifestText(manifest))))
}
