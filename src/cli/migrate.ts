import type { Command } from 'commander'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { loadConfig } from '#config'
import { migrate } from '#postgres/migrate.ts'

/** vouchsafe migrate: brings DATABASE_URL to this version's schema. */
export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('bring the database of DATABASE_URL to this version’s schema (serve does it too)')
    .option('--json', 'print the names of the migrations as JSON')
    .action(async (options: { readonly json?: boolean }) => {
      const config = loadConfig()
      const url = config.databaseDirectUrl ?? config.databaseUrl
      if (!url)
        throw new CommandFailed(
          'DATABASE_URL is not set; the embedded Postgres is migrated by serve.',
          exitCodes.config,
        )
      const progress = (text: string) => process.stderr.write(`${text}\n`)
      const done = await migrate({ url: url.reveal(), ...(!options.json && { notice: progress }) })
      process.stdout.write(options.json ? `${JSON.stringify(done)}\n` : `${done.length} migrations run\n`)
    })
}
