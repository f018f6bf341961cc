import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { resolveOpa } from '#bundle/opa.ts'
import { isPolicyModule, readSources } from '#bundle/policy-sources.ts'
import type { Files } from '#bundle/read-archive.ts'
import { freeAddress, type Started, startPinned } from './processes.ts'

export type OpaServer = Started & { readonly address: string; readonly version: string }

type Place = {
  readonly root: string
  /** Empty; the policies as OPA reads them are put here. */
  readonly folder: string
  readonly core: number
  /** The bundle the other side serves. */
  readonly bundle: Files
}

/** OPA's REST server on the very modules and data of the bundle; else why there is none. */
export async function startOpa(place: Place): Promise<OpaServer | { readonly absent: string }> {
  const { root, folder, core, bundle } = place
  const found = await resolveOpa({
    explicit: process.env.OPA,
    toolsDir: join(root, 'tools'),
    cacheDir: join(root, '.tools'),
    build: false,
  })
  if (!found.opa) return { absent: found.reason }
  const sources = await readSources(join(root, 'policies'))
  for (const [path, text] of sources) {
    if (!isPolicyModule(path)) continue
    await mkdir(join(folder, dirname(path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await writeFile(join(folder, 'data.json'), bundle.get('data.json') ?? '{}')
  const address = await freeAddress()
  const args = ['run', '--server', '--addr', address, '--log-level', 'error', '--skip-version-check', folder]
  const started = await startPinned({ core, command: found.opa.path, args, cwd: folder, ready: address })
  return { ...started, address, version: found.opa.version }
}
