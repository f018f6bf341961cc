import type { Command } from 'commander'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { failureOf } from '#cli/failure.ts'
import { bold, faint } from '#cli/print.ts'
import { loadConfig } from '#config'
import { type Running, startVouchsafe } from '#main'

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
  const say = (text: string) => process.stderr.write(`${text}\n`)
  const running = await started(config, say, policies)
  process.stdout.write(`${welcome(running)}\n`)
  await new Promise<void>((resolve) => {
    let asked = false
    const stop = () => {
      if (asked) return
      asked = true
      say('stopping …')
      running.stop().then(resolve, (error: unknown) => {
        say(failureOf(error).message)
        process.exitCode = exitCodes.internal
        resolve()
      })
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
    process.on('SIGHUP', stop)
  })
}

async function started(
  config: ReturnType<typeof loadConfig>,
  notice: (text: string) => void,
  policies: string | undefined,
): Promise<Running> {
  try {
    return await startVouchsafe(config, { notice, ...(policies !== undefined && { policies }) })
  } catch (error) {
    const address = (error as { readonly address?: unknown; readonly port?: unknown }) ?? {}
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      throw new CommandFailed(
        `${address.address}:${address.port} is in use: another server, or set its address.`,
        exitCodes.config,
      )
    }
    throw error
  }
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
