import type { Command } from 'commander'
import { expect, test, vi } from 'vitest'
import { createProgram } from '#cli/program.ts'

function all(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap((each) => all(each))]
}

const named = all(createProgram()).map((command): [string, Command] => [command.name(), command])

test.each(named)('the help of %s tells what it does and what each option is for', (name, command) => {
  const help = command.helpInformation()
  expect(help).toContain(name)
  expect(command.description()).not.toBe('')
  for (const { flags, description } of command.options) {
    expect(help).toContain(flags)
    expect(description, flags).not.toBe('')
  }
})

test.each([
  [['chek'], 'Did you mean check?'],
  [['bundle', 'biuld'], 'Did you mean build?'],
  [['check', 'docs_paid', '--qantity', '1'], 'Did you mean --quantity?'],
  [['dev', '--polices', 'x'], 'Did you mean --policies?'],
  [['check'], "missing required argument 'entitlement'"],
  [['check', 'docs_paid'], 'Say whom it is about'],
  [['grant', 'docs_paid'], 'Say who holds it'],
  [['check', 'docs_paid', '--subject', 'sub_x', '--quantity', 'many'], '--quantity is a whole number'],
  [['grant', 'docs_paid', '--to', 'alice', '--until', 'soon'], '"soon" is no ISO 8601 time'],
  [
    ['grant', 'docs_paid', '--holder-org', 'acme', '--pool', 'desks', '--seats', 'ten'],
    '"ten" is no number of seats',
  ],
  [['check', 'docs_paid', '--subject', 'sub_x', '--attr', 'x'], '"x" is not name=value'],
])('%s is told what is wrong', async (args, said) => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    const failure = await createProgram()
      .parseAsync(args, { from: 'user' })
      .catch((error: Error) => error)
    expect(failure).toBeInstanceOf(Error)
    expect(`${(failure as Error).message} ${written.mock.calls.flat().join('')}`).toContain(said)
  } finally {
    written.mockRestore()
  }
})
