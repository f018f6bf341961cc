import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { entrypoint } from '#core/policy.ts'
import { compileCases } from './compile-cases.ts'
import { createManifest, manifestName, manifestText } from './manifest.ts'
import { policyIndex } from './policy-index.ts'
import { isPolicyModule, type PolicySources, readSources, sourcesDigest } from './policy-sources.ts'
import { reasonTexts } from './reason-texts.ts'
import { BundleRefused } from './refusal.ts'
import { parseModules } from './rego-syntax.ts'
import { ruleModules } from './rule-module.ts'
import { runOpa } from './run-opa.ts'
import { wasmOf } from './wasm-of.ts'
import { writeArchive } from './write-archive.ts'

export type BuildInput = { readonly policiesDir: string; readonly opaPath: string }

/** Compiles policies/ into a bundle; same sources and same OPA give the same bytes. Throws BundleRefused. */
export async function buildBundle({ policiesDir, opaPath }: BuildInput): Promise<Buffer> {
  return buildFrom(await readSources(policiesDir), opaPath)
}

/** The same, of sources held in memory. */
export async function buildFrom(sources: PolicySources, opaPath: string): Promise<Buffer> {
  const modules = new Map([...sources].filter(([path]) => isPolicyModule(path)))
  const [syntax, wasm] = await Promise.all([
    parseModules(opaPath, modules),
    compile(modules, sources.get('capabilities.json') ?? '{}', opaPath),
  ])
  const known = ruleModules(sources, syntax)
  const files = new Map<string, Buffer>([
    ['policy.wasm', wasm],
    ['data.json', json({ vouchsafe: { index: policyIndex(known) } })],
    ['reasons.json', json(reasonTexts(known))],
    ...[...compileCases(sources)].map(([path, cases]) => [path, json(cases)] as const),
  ])
  const { roots } = JSON.parse(sources.get(manifestName) ?? '{}') as { readonly roots: readonly string[] }
  const manifest = createManifest(files, roots, sourcesDigest(sources))
  return writeArchive(files.set(manifestName, Buffer.from(manifestText(manifest))))
}

// In a folder of its own with relative names: paths of this machine would end up in the WASM.
async function compile(modules: PolicySources, capabilities: string, opaPath: string): Promise<Buffer> {
  const dir = await mkdtemp(join(tmpdir(), 'vouchsafe-build-'))
  try {
    for (const [path, text] of modules) {
      await mkdir(join(dir, 'src', dirname(path)), { recursive: true })
      await writeFile(join(dir, 'src', path), text)
    }
    await writeFile(join(dir, 'capabilities.json'), capabilities)
    const flags = [
      '-t',
      'wasm',
      '-e',
      entrypoint,
      '--capabilities',
      '../capabilities.json',
      '-o',
      '../out.tar.gz',
    ]
    const { ok, problem } = await runOpa(opaPath, ['build', ...flags, '.'], { cwd: join(dir, 'src') })
    if (!ok) throw new BundleRefused(`The policies do not compile: ${problem}`)
    return await wasmOf(await readFile(join(dir, 'out.tar.gz')))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`)
}
