import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { buildBundle } from '#bundle/build-bundle.ts'
import { verifyManifest } from '#bundle/manifest.ts'
import { openBundle } from '#bundle/open-bundle.ts'
import { readArchive } from '#bundle/read-archive.ts'
import { resolvedOpa } from '#cli/resolved-opa.ts'
import { loadPolicy } from '#policy/load-policy.ts'

type BuildOptions = { readonly policies: string; readonly output: string; readonly json?: boolean }

/** vouchsafe bundle build and vouchsafe bundle inspect. */
export function addBundle(program: Command): void {
  const bundle = program.command('bundle').description('build and inspect policy bundles')
  bundle
    .command('build')
    .description('compile the policies to WASM, run their cases, and write the bundle')
    .option('--policies <folder>', 'the policies', 'policies')
    .option('-o, --output <file>', 'where to write it', 'bundles/default.tar.gz')
    .option('--json', 'print the result as JSON')
    .action(build)
  bundle
    .command('inspect <file>')
    .description('verify a bundle as the server would, and show what is in it')
    .option('--json', 'print the manifest as JSON')
    .action(inspect)
}

async function build({ policies, output, json }: BuildOptions): Promise<void> {
  const progress = (text: string) => process.stderr.write(`${text}\n`)
  progress('resolving opa …')
  const opa = await resolvedOpa()
  progress(`compiling ${policies} with opa ${opa.version} …`)
  const bytes = await buildBundle({ policiesDir: policies, opaPath: opa.path })
  progress('running its cases on the built WASM …')
  const { revision } = await openBundle(bytes, { loadPolicy })
  await writeFile(`${output}.new`, bytes)
  await rename(`${output}.new`, output)
  const result = { output, revision, bytes: bytes.length }
  process.stdout.write(
    json ? `${JSON.stringify(result)}\n` : `${output}: revision ${revision}, ${bytes.length} bytes\n`,
  )
}

async function inspect(file: string, { json }: { readonly json?: boolean }): Promise<void> {
  const bytes = await readFile(file)
  await openBundle(bytes, { loadPolicy })
  const files = await readArchive(bytes)
  const manifest = verifyManifest(files)
  if (json) process.stdout.write(`${JSON.stringify(manifest)}\n`)
  else
    process.stdout.write(
      `revision ${manifest.revision}\n${[...files].map(([name, { length }]) => `  ${name} ${length}`).join('\n')}\n`,
    )
}
