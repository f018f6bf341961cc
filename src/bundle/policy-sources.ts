import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'

/** Path below policies/, with slashes → text. */
export type PolicySources = ReadonlyMap<string, string>

/** All files of policies/, sorted by path; of dot files only `.manifest`. */
export async function readSources(policiesDir: string): Promise<PolicySources> {
  const entries = await readdir(policiesDir, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && (!entry.name.startsWith('.') || entry.name === '.manifest'))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(policiesDir.length + 1)
        .split(sep)
        .join('/'),
    )
    .sort()
  const texts = await Promise.all(paths.map((path) => readFile(join(policiesDir, path), 'utf8')))
  return new Map(paths.map((path, i) => [path, texts[i] ?? '']))
}

/** Changes with any name or byte; lengths keep one file's end from passing for the next one's beginning. */
export function sourcesDigest(sources: PolicySources): string {
  const hash = createHash('sha256')
  for (const [path, text] of sources) {
    hash.update(`${Buffer.byteLength(path)}:${path}${Buffer.byteLength(text)}:${text}`)
  }
  return hash.digest('hex')
}

/** What is compiled: Rego in the two roots, without tests and fixtures. */
export function isPolicyModule(path: string): boolean {
  return (
    /^(?:vouchsafe|custom)\/.+\.rego$/.test(path) &&
    !path.endsWith('_test.rego') &&
    !path.includes('/fixtures/')
  )
}
