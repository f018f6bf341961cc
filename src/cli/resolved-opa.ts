import { join } from 'node:path'
import { type OpaFound, resolveOpa } from '#bundle/opa.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { loadConfig } from '#config'

const root = join(import.meta.dirname, '../..')

/** The opa to compile with; builds the pinned one where Go is present. Fails with the reason why there is none. */
export async function resolvedOpa(build = true): Promise<OpaFound> {
  const places = {
    explicit: loadConfig().opa,
    toolsDir: join(root, 'tools'),
    cacheDir: join(root, '.tools'),
    build,
  }
  const found = await resolveOpa(places)
  if (found.opa) return found.opa
  throw new CommandFailed(
    `There is no opa: ${found.reason}. Install it, or set OPA to it.`,
    exitCodes.unavailable,
  )
}
