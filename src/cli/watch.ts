import { create } from '@bufbuild/protobuf'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import type { Command } from 'commander'
import { connected } from '#cli/connected.ts'
import { faint, print } from '#cli/print.ts'
import { WatchRequestSchema, WatchResponseSchema } from '#gen/vouchsafe/v1/watch_service_pb.ts'

type Options = { readonly json?: boolean; readonly after?: string; readonly tenant: string }

/** vouchsafe watch: changes as they are applied, until interrupted. */
export function addWatch(program: Command): void {
  program
    .command('watch')
    .description('show changes as they are applied, until interrupted')
    .option('--after <revision>', 'start after this revision')
    .option('--tenant <key>', 'the tenant', 'acme')
    .option('--json', 'print as JSON lines')
    .action(watch)
}

async function watch(options: Options): Promise<void> {
  const request = create(WatchRequestSchema, {
    tenant: options.tenant,
    ...(options.after !== undefined && { after: options.after }),
  })
  await connected(async (client) => {
    for await (const event of client.watch(request)) {
      print(options.json === true, WatchResponseSchema, event, () => {
        if (event.event.case !== 'change') return faint(`- ${event.revision}`)
        const { subjects, tenantWide, committedAt } = event.event.value
        const who = tenantWide ? 'the whole tenant' : subjects.join(' ')
        return `${committedAt ? timestampDate(committedAt).toISOString() : ''}  ${who}  ${faint(event.revision)}`
      })
    }
  })
}
