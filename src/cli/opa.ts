import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Command } from 'commander'
import { resolvedOpa } from '#cli/resolved-opa.ts'

/** vouchsafe opa -- ARGS: runs the opa that compiles the policies. */
export function addOpa(program: Command): void {
  program
    .command('opa [args...]')
    .description('run the opa that compiles the policies; --path prints where it is')
    .option('--path', 'print its path')
    .option('--json', 'print path and version as JSON')
    .allowUnknownOption()
    .action(
      async (args: readonly string[], options: { readonly path?: boolean; readonly json?: boolean }) => {
        process.stderr.write('resolving opa …\n')
        const opa = await resolvedOpa()
        if (options.json) process.stdout.write(`${JSON.stringify(opa)}\n`)
        else if (options.path) process.stdout.write(`${opa.path}\n`)
        else {
          const child = spawn(opa.path, args, { stdio: 'inherit' })
          const [code] = await once(child, 'exit')
          process.exitCode = code ?? 70
        }
      },
    )
}
