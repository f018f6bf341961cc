import type { LoadPolicy } from '#core/policy.ts'
import type { ActiveBundle, Evaluate } from '#core/verdict.ts'
import { verifyManifest } from './manifest.ts'
import { type PolicyCase, runCases } from './policy-case.ts'
import { type Files, readArchive } from './read-archive.ts'
import { BundleRefused } from './refusal.ts'

/** Failed cases named in a refusal. */
const shownFailures = 3

type Needs = { readonly loadPolicy: LoadPolicy }

/**
 * Verifies, instantiates and tests a bundle: only then is it one. The very bytes that were verified are used.
 * Throws BundleRefused.
 */
export async function openBundle(bytes: Uint8Array, { loadPolicy }: Needs): Promise<ActiveBundle> {
  const files = await readArchive(bytes)
  const { revision } = verifyManifest(files)
  const cases = readCases(files)
  if (cases.length === 0) throw new BundleRefused('It has no cases to prove itself by.')
  const evaluate = await load(files, loadPolicy)
  const failures = runCases(evaluate, cases)
  if (failures.length > 0) {
    throw new BundleRefused(
      `${failures.length} of its ${cases.length} cases fail: ${failures.slice(0, shownFailures).join('; ')}`,
    )
  }
  return { revision, evaluate, texts: readTexts(files) }
}

/** The cases a bundle carries, in the order of its files' names. */
export function readCases(files: Files): PolicyCase[] {
  return [...files.keys()]
    .filter((name) => name.startsWith('cases/') && name.endsWith('.json'))
    .sort()
    .flatMap((name) => json(files, name) as PolicyCase[])
}

async function load(files: Files, loadPolicy: LoadPolicy): Promise<Evaluate> {
  const wasm = files.get('policy.wasm')
  if (wasm === undefined) throw new BundleRefused('It has no policy.wasm.')
  try {
    const { evaluate } = await loadPolicy(wasm, json(files, 'data.json') as object)
    return evaluate
  } catch (cause) {
    throw new BundleRefused(cause instanceof Error ? cause.message : 'Its policy cannot be loaded.', cause)
  }
}

function readTexts(files: Files): ActiveBundle['texts'] {
  const texts = json(files, 'reasons.json') as Readonly<Record<string, { title: string; text: string }>>
  return new Map(Object.entries(texts))
}

function json(files: Files, name: string): unknown {
  try {
    return JSON.parse(files.get(name)?.toString('utf8') ?? '')
  } catch (cause) {
    throw new BundleRefused(`${name} is missing or no JSON.`, cause)
  }
}
