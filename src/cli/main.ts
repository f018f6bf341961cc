// The command line: assembles the commands and turns failures into a sentence and an exit code.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { addBundle } from '#cli/bundle.ts'
import { addCheck } from '#cli/check.ts'
import { endWithReader } from '#cli/closed-pipes.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { failureOf } from '#cli/failure.ts'
import { addGrant } from '#cli/grant.ts'
import { addList } from '#cli/list.ts'
import { addMigrate } from '#cli/migrate.ts'
import { addOpa } from '#cli/opa.ts'
import { addServe } from '#cli/serve.ts'
import { addTest } from '#cli/test.ts'
import { addToken } from '#cli/token.ts'
import { addWatch } from '#cli/watch.ts'

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))

const program = new Command('vouchsafe')
  .description('Does a principal have an entitlement in a context? Server, client and policy tools.')
  .version(version)
  .showHelpAfterError('Run it with --help to see what it takes.')
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    '\nExit codes: 0 yes, 1 denied, 64 wrong use, 69 not reachable, 77 no permission, 78 wrong settings.',
  )
  .exitOverride()

addServe(program)
addCheck(program)
addList(program)
addGrant(program)
addWatch(program)
addToken(program)
addMigrate(program)
addBundle(program)
addTest(program)
addOpa(program)

endWithReader()
try {
  for (const command of program.commands) command.exitOverride()
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  if (error instanceof CommandFailed) {
    process.stderr.write(`${error.message}\n`)
    return error.exitCode
  }
  const { message, exitCode } = failureOf(error)
  process.stderr.write(`${message}\n`)
  return exitCode
}
