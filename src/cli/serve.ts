import { once } from 'node:events'
import type { Command } from 'commander'
import { outliveReaders } from '#cli/closed-pipes.ts'
import { exitCodes } from '#cli/exit.ts'
import { failureOf } from '#cli/failure.ts'
import { bold, faint } from '#cli/print.ts'
import { stopSignals } from '#cli/stop-signals.ts'
import { loadConfig } from '#config'
import type { Running } from '#main'

type Options = { readonly policies?: string }

/** vouchsafe serve, and vouchsafe dev: the same with policies compiled from their sources as they are edited. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run the decision point; with no settings on an embedded Postgres with demo tenants')
    .helpOption('-h, --help', 'show help; every setting is in docs/reference/settings.md')
    .allowUnknownOption()
    .argument('[settings...]', 'settings as flags, such as --grpc-address=127.0.0.1:0')
    .action((settings: readonly string[]) => serve(settings, undefined))
  program
    .command('dev')
    .description('serve, and compile and swap the policies whenever one of them is edited')
    .option('--policies <folder>', 'the policies', 'policies')
    .action((options: Options) => serve([], options.policies ?? 'policies'))
}

async function serve(settings: readonly string[], policies: string | undefined): Promise<void> {
  const config = loadConfig({ argv: settings })
  outliveReaders()
  const say = (text: string) => void process.stderr.write(`${text}\n`)
  // Before anything is started: a signal while it boots must not leave the database behind.
  const asked = stopSignals(say)
  // Here, so that no other command waits for what only a server needs.
  const { startVouchsafe } = await import('#main')
  const running = await startVouchsafe(config, {
    notice: say,
    signal: asked,
    ...(policies !== undefined && { policies }),
  }).catch((error: unknown) => {
    if (!asked.aborted) throw error
  })
  if (running === undefined) return
  process.stdout.write(`${welcome(running)}\n`)
  if (!asked.aborted) await once(asked, 'abort')
  await running.stop().catch((error: unknown) => {
    say(failureOf(error).message)
    process.exitCode = exitCodes.internal
  })
  // Nothing of ours is open any more; but the driver may go on trying to replace a connection that it lost.
  process.exit()
}

function welcome({ grpc, http, ops, bundle, operatorKey, demo }: Running): string {
  const lines = [
    '',
    bold('Vouchsafe is up.'),
    `  gRPC   ${grpc}`,
    `  HTTP   ${http}`,
    `  ops    ${ops}  ${faint('(/metrics, /health/ready)')}`,
    `  bundle ${bundle}`,
  ]
  if (operatorKey.made)
    lines.push(`  operator key  ${operatorKey.made}  ${faint(`(kept in ${operatorKey.file})`)}`)
  else if (operatorKey.kept) lines.push(`  operator key  ${faint(`kept in ${operatorKey.file}`)}`)
  if (demo) {
    lines.push(
      '',
      'Try, in another terminal:',
      `  npx vouchsafe check docs_paid --as alice     ${faint('# denied, and what would fix it')}`,
      `  npx vouchsafe grant docs_paid --to alice`,
      `  npx vouchsafe check docs_paid --as alice     ${faint('# allowed')}`,
    )
  }
  return lines.join('\n')
}
