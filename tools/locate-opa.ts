import { join } from 'node:path'
import { type OpaResolution, resolveOpa } from '#bundle/opa.ts'

export const root = join(import.meta.dirname, '..')

export function locateOpa(build: boolean): Promise<OpaResolution> {
  return resolveOpa({
    explicit: process.env.OPA,
    toolsDir: join(root, 'tools'),
    cacheDir: join(root, '.tools'),
    build,
  })
}
