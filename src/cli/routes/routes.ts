import type { Command } from 'commander'
import { withTokenOptions } from '#cli/ask-options.ts'
import type { ImportOptions } from './import-openapi.ts'
import type { TestOptions } from './test-route.ts'
import type { UncoveredOptions } from './uncovered.ts'

/** vouchsafe routes import, test and uncovered; the administration adds the rest. */
export function addRoutes(program: Command): void {
  const routes = program.command('routes').description('what the requests that a gateway lets through need')
  routes
    .command('import <file>')
    .description('take routes out of an OpenAPI document, all in one change, and show what changed')
    .option('--tenant <key>', 'the tenant, for platform callers')
    .option('--host <host>', 'the host of the routes', '*')
    .option(
      '--prefix <path>',
      'what comes before every path; default: the path of the servers, where they agree',
    )
    .option('--security', 'where x-entitlements says nothing, take the scopes of the security requirements')
    .option('--default <entitlement>', 'what an operation needs that says nothing')
    .option('--prune', 'delete the routes of the same host and prefix that the document does not name')
    .option('--dry-run', 'change nothing: show what would change, and who would gain and lose access')
    .option('--exit-code', 'exit with 1 where there are differences')
    .option('--reason <text>', 'why: kept in the audit')
    .option('--request-id <uuid>', 'a repeat gets the first answer')
    .option('--json', 'print the answer as JSON')
    .action(async (file: string, options: ImportOptions) => {
      const { importOpenapi } = await import('./import-openapi.ts')
      await importOpenapi(file, options)
    })
  withTokenOptions(
    routes
      .command('test <method> <url>')
      .description('show the route of a request and what it needs, and for a person whether it passes')
      .option('--tenant <key>', 'the tenant, for platform callers')
      .option('--json', 'print as JSON'),
  ).action(async (method: string, url: string, options: TestOptions) => {
    const { testRoute } = await import('./test-route.ts')
    await testRoute(method, url, options)
  })
  routes
    .command('uncovered')
    .description('list the traffic of an access log that no route covers; exit code 1 where there is any')
    .requiredOption(
      '--access-log <file>',
      'nginx (combined), Envoy (text or JSON) or Caddy (JSON); "-" is standard input',
    )
    .option('--tenant <key>', 'the tenant, for platform callers')
    .option('--host <host>', 'the host of lines that name none', '*')
    .option('--most <n>', 'how many to show', '100')
    .option('--json', 'print each as a line of JSON, and the counts last')
    .action(async (options: UncoveredOptions) => {
      const { uncovered } = await import('./uncovered.ts')
      await uncovered(options)
    })
}
