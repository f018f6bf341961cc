import type { Command } from 'commander'
import { devToken, pairs } from '#cli/ask-options.ts'

/** vouchsafe token NAME: a token of the local development issuer. */
export function addToken(program: Command): void {
  program
    .command('token <name>')
    .description('sign a token with the local development issuer (ten minutes)')
    .option('--claim <name=value...>', 'claims to put in, such as tier=pro')
    .action(async (name: string, options: { readonly claim?: readonly string[] }) => {
      process.stdout.write(`${await devToken(name, pairs(options.claim))}\n`)
    })
}
