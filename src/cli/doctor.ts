import type { Command } from 'commander'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { green, red } from '#cli/print.ts'
import { loadConfig } from '#config'
import type { TenantsProof } from '#main/doctor/doctor.ts'

/** vouchsafe doctor tenants. */
export function addDoctor(program: Command): void {
  const doctor = program.command('doctor').description('examine a deployment')
  doctor
    .command('tenants')
    .description(
      'try to reach one tenant’s things from another, by every table and every rpc; changes nothing',
    )
    .option('--json', 'print the proof as JSON')
    .action(tenants)
  for (const command of doctor.commands) command.exitOverride()
}

async function tenants(options: { readonly json?: boolean }): Promise<void> {
  // Here, so that no other command waits for what only a server needs.
  const { examineTenants } = await import('#main/doctor/doctor.ts')
  const proof = await examineTenants({
    config: loadConfig(),
    notice: (text) => process.stderr.write(`${text}\n`),
    ...(process.stderr.isTTY && { progress }),
  })
  const leaks = proof.tables.leaks.length + (proof.rpcs?.leaks.length ?? 0)
  process.stdout.write(`${options.json ? JSON.stringify(proof) : shown(proof)}\n`)
  if (leaks > 0)
    throw new CommandFailed(`Tenants are not apart: ${leaks} ways from one to another.`, exitCodes.denied)
  if (proof.rpcs === undefined)
    throw new CommandFailed('There are no two tenants: the rpcs were not tried.', exitCodes.data)
}

function progress(rpc: string, done: number, of: number): void {
  process.stderr.write(`\r${done} of ${of} rpcs, ${rpc}\u001b[K\r`)
}

function shown({ tables, rpcs }: TenantsProof): string {
  const lines = [
    `${tables.tables} tables (${tables.filled} with rows of another tenant) × select, update, delete, insert, as another tenant and without one: ${tables.attempts} attempts, ${tables.leaks.length === 0 ? green('zero rows') : red(`${tables.leaks.length} leaks`)}`,
    ...tables.leaks.map(({ table, attempt, found }) => `  ${red('leak')}  ${table}  ${attempt}: ${found}`),
  ]
  if (rpcs) {
    lines.push(
      `${rpcs.rpcs} rpcs: ${rpcs.questions} questions that name things of another tenant, ${rpcs.leaks.length === 0 ? green('each answered as one that names nothing') : red(`${rpcs.leaks.length} leaks`)}`,
      ...rpcs.leaks.map(
        ({ rpc, field, kind, found }) => `  ${red('leak')}  ${rpc}  ${field} = ${kind}: ${found}`,
      ),
    )
  }
  return lines.join('\n')
}
