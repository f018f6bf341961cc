import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { buildFrom } from '#bundle/build-bundle.ts'
import { openBundle, readCases } from '#bundle/open-bundle.ts'
import { runCases } from '#bundle/policy-case.ts'
import { readSources } from '#bundle/policy-sources.ts'
import { readArchive } from '#bundle/read-archive.ts'
import { exitCodes } from '#cli/exit.ts'
import { green, red } from '#cli/print.ts'
import { resolvedOpa } from '#cli/resolved-opa.ts'
import { loadPolicy } from '#policy/load-policy.ts'

type Options = { readonly bundle?: string; readonly policies: string; readonly json?: boolean }

/** vouchsafe test: runs the cases on the very WASM that ships. */
export function addTest(program: Command): void {
  program
    .command('test')
    .description('run the policy cases on the compiled WASM')
    .option('--bundle <file>', 'test this bundle as it is, without compiling')
    .option('--policies <folder>', 'compile these policies and test them', 'policies')
    .option('--json', 'print the result as JSON')
    .action(test)
}

async function test({ bundle, policies, json }: Options): Promise<void> {
  const bytes = bundle === undefined ? await compiled(policies) : await readFile(bundle)
  const cases = readCases(await readArchive(bytes))
  const { evaluate, revision } = await openBundle(bytes, { loadPolicy })
  const failures = runCases(evaluate, cases)
  const passed = cases.length - failures.length
  if (json) process.stdout.write(`${JSON.stringify({ revision, passed, failures })}\n`)
  else {
    for (const failure of failures) process.stdout.write(`${red('failed')}  ${failure}\n`)
    process.stdout.write(`${green(`${passed} passed`)}, ${failures.length} failed on bundle ${revision}\n`)
  }
  process.exitCode = failures.length === 0 ? exitCodes.ok : exitCodes.denied
}

async function compiled(policies: string): Promise<Uint8Array> {
  process.stderr.write(`compiling ${policies} …\n`)
  const opa = await resolvedOpa()
  return buildFrom(await readSources(policies), opa.path)
}
