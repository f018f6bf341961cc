import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type OpaResolution, resolveOpa } from '#bundle/opa.ts'
import { readCases } from '#bundle/open-bundle.ts'
import { type Files, readArchive } from '#bundle/read-archive.ts'
import { loadPolicy, type Policy, type PolicyLimits } from '#policy/load-policy.ts'

export const root = join(import.meta.dirname, '../..')
export const policiesDir = join(root, 'policies')

export const defaultBytes = await readFile(join(root, 'bundles/default.tar.gz'))
export const secondBytes = await readFile(join(root, 'bundles/demo-second.tar.gz'))
export const defaultFiles: Files = await readArchive(defaultBytes)
export const cases = readCases(defaultFiles)

export function fileOf(files: Files, name: string): Buffer {
  const content = files.get(name)
  if (content === undefined) throw new Error(`no ${name}`)
  return content
}

export const data: object = JSON.parse(fileOf(defaultFiles, 'data.json').toString())

/** A fresh policy of the committed bundle, with an instance of its own. */
export function shippedPolicy(limits?: PolicyLimits): Promise<Policy> {
  return loadPolicy(fileOf(defaultFiles, 'policy.wasm'), data, limits)
}

/** Never builds one: that takes minutes. `npm run policy:check` does, and leaves it where this looks. */
export const opa: OpaResolution = await resolveOpa({
  explicit: process.env.OPA,
  toolsDir: join(root, 'tools'),
  cacheDir: join(root, '.tools'),
  build: false,
})

export const opaPath: string = opa.opa?.path ?? ''
export const withoutOpa = opa.opa === undefined
