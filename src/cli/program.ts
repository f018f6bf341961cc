import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { addAdministration } from '#cli/admin/administration.ts'
import { addAudit } from '#cli/audit.ts'
import { addBundle } from '#cli/bundle.ts'
import { addCatalog } from '#cli/catalog/catalog.ts'
import { addCheck } from '#cli/check.ts'
import { addCompare } from '#cli/compare/compare.ts'
import { addDoctor } from '#cli/doctor.ts'
import { addGrant } from '#cli/grant.ts'
import { addImport } from '#cli/import/import.ts'
import { addList } from '#cli/list.ts'
import { addMigrate } from '#cli/migrate.ts'
import { addOpa } from '#cli/opa.ts'
import { addRoutes } from '#cli/routes/routes.ts'
import { addServe } from '#cli/serve.ts'
import { addStripe } from '#cli/stripe/stripe.ts'
import { addTest } from '#cli/test.ts'
import { addToken } from '#cli/token.ts'
import { addWatch } from '#cli/watch.ts'

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))

/** Every command there is. A wrong use is thrown, never exited with. */
export function createProgram(): Command {
  const program = new Command('vouchsafe')
    .description('Does a principal have an entitlement in a context? Server, client and policy tools.')
    .version(version)
    .showHelpAfterError('Run it with --help to see what it takes.')
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      '\nExit codes: 0 yes, 1 denied, 64 wrong use, 65 wrong data, 69 not reachable, 77 no permission, 78 wrong settings.',
    )
    .exitOverride()
    // An option belongs to the command it follows: `grants list --tenant` is not that of `grants`.
    .enablePositionalOptions()

  addServe(program)
  addCheck(program)
  addList(program)
  addGrant(program)
  addWatch(program)
  addToken(program)
  addMigrate(program)
  addAudit(program)
  addDoctor(program)
  addBundle(program)
  addTest(program)
  addOpa(program)
  addCatalog(program)
  addImport(program)
  addCompare(program)
  addStripe(program)
  addRoutes(program)
  addAdministration(program)
  for (const command of [...program.commands]) command.exitOverride()
  return program
}
