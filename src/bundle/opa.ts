import { execFile } from 'node:child_process'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { runOpa } from './run-opa.ts'

/** The version pinned in tools/go.mod: only it rebuilds the committed bundles byte for byte. */
export const opaVersion = '1.22.0'

const packagePath = 'github.com/open-policy-agent/opa'
const buildTimeoutMs = 600_000

export type OpaFound = { readonly path: string; readonly version: string }
export type OpaResolution = { readonly opa: OpaFound } | { readonly opa?: undefined; readonly reason: string }

export type OpaPlaces = {
  /** An explicit path, such as $OPA's. If it does not work, nothing else is tried. */
  readonly explicit?: string | undefined
  /** Holds go.mod. */
  readonly toolsDir: string
  /** Where a built one is kept, such as .tools. */
  readonly cacheDir: string
  /** Whether it may be built with Go, which takes up to two minutes. */
  readonly build: boolean
}

/** The explicit one, else `opa` on PATH, else the built one, else a new build, else the reason why there is none. */
export async function resolveOpa(places: OpaPlaces): Promise<OpaResolution> {
  if (places.explicit) {
    const opa = await probe(places.explicit)
    return opa ? { opa } : { reason: `${places.explicit} is no OPA 1.x that runs` }
  }
  const cached = join(places.cacheDir, `opa-${opaVersion}`)
  const found = (await probe('opa')) ?? (await probe(cached))
  if (found) return { opa: found }
  if (!places.build) return { reason: 'opa is neither given by $OPA, nor on PATH, nor built in .tools' }
  const failure = await buildWithGo(places.toolsDir, cached)
  const built = failure === undefined ? await probe(cached) : undefined
  return built
    ? { opa: built }
    : { reason: `opa cannot be built: ${failure ?? 'what was built does not run'}` }
}

async function probe(path: string): Promise<OpaFound | undefined> {
  const { ok, stdout } = await runOpa(path, ['version'])
  const version = /^Version: (1\.\d+\.\d+\S*)$/m.exec(stdout)?.[1]
  return ok && version !== undefined ? { path, version } : undefined
}

async function buildWithGo(toolsDir: string, target: string): Promise<string | undefined> {
  const scratch = `${target}.${process.pid}`
  try {
    await mkdir(join(target, '..'), { recursive: true })
    await promisify(execFile)('go', ['build', '-o', scratch, packagePath], {
      cwd: toolsDir,
      timeout: buildTimeoutMs,
    })
    await rename(scratch, target)
    return undefined
  } catch (cause) {
    await rm(scratch, { force: true })
    const { code, message } = cause as NodeJS.ErrnoException
    return code === 'ENOENT' ? 'go is not on PATH' : message
  }
}
