// The command line: runs a command and turns failures into a sentence and an exit code.
import { CommanderError } from 'commander'
import { endWithReader } from '#cli/closed-pipes.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { failureOf } from '#cli/failure.ts'
import { createProgram } from '#cli/program.ts'

endWithReader()
try {
  await createProgram().parseAsync()
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
