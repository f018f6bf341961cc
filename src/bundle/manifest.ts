import { createHash } from 'node:crypto'
import { entrypoint } from '#core/policy.ts'
import type { Files } from './read-archive.ts'
import { BundleRefused } from './refusal.ts'

/** OPA's own manifest; what is ours is under `metadata`. */
export type Manifest = {
  /** First 12 hex digits of the digest of all the rest of the manifest, which holds that of every file. */
  readonly revision: string
  readonly roots: readonly string[]
  readonly wasm: readonly [{ readonly entrypoint: string; readonly module: '/policy.wasm' }]
  readonly metadata: {
    readonly format: 1
    /** Of the sources it was built from: policies/ as it lies in the repository. */
    readonly policies_sha256: string
    /** File name → SHA-256 in hex, of every file but the manifest. */
    readonly digests: Readonly<Record<string, string>>
  }
}

export const manifestName = '.manifest'

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

export function createManifest(files: Files, roots: readonly string[], policiesSha256: string): Manifest {
  const names = [...files.keys()].sort()
  return seal({
    roots,
    wasm: [{ entrypoint, module: '/policy.wasm' }],
    metadata: {
      format: 1,
      policies_sha256: policiesSha256,
      digests: Object.fromEntries(names.map((name) => [name, sha256(files.get(name) ?? '')])),
    },
  })
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`
}

/** Throws BundleRefused unless every file is listed and unaltered, and no listed one is missing. */
export function verifyManifest(files: Files): Manifest {
  const manifest = readManifest(files)
  const left = new Map(Object.entries(manifest.metadata.digests))
  for (const [name, content] of files) {
    if (name === manifestName) continue
    const listed = left.get(name)
    if (listed === undefined) throw new BundleRefused(`${name} is not listed in the manifest.`)
    if (listed !== sha256(content)) throw new BundleRefused(`${name} was altered.`)
    left.delete(name)
  }
  for (const name of left.keys()) throw new BundleRefused(`${name} is missing.`)
  return manifest
}

function readManifest(files: Files): Manifest {
  const text = files.get(manifestName)?.toString('utf8')
  if (text === undefined) throw new BundleRefused('It has no manifest.')
  try {
    const { revision: _, ...rest } = JSON.parse(text) as Manifest
    const manifest = seal({
      roots: rest.roots,
      wasm: [{ entrypoint: rest.wasm[0].entrypoint, module: rest.wasm[0].module }],
      metadata: {
        format: rest.metadata.format,
        policies_sha256: rest.metadata.policies_sha256,
        digests: { ...rest.metadata.digests },
      },
    })
    // One spelling only: what duplicate keys or unknown ones could hide is not in the text we would write.
    if (manifestText(manifest) === text && manifest.metadata.format === 1) return manifest
  } catch (cause) {
    throw new BundleRefused('Its manifest is malformed.', cause)
  }
  throw new BundleRefused('Its manifest was altered.')
}

function seal(rest: Omit<Manifest, 'revision'>): Manifest {
  return { revision: sha256(JSON.stringify(rest)).slice(0, 12), ...rest }
}
