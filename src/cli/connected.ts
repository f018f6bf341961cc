import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { type Client, createClient } from '#client/client.ts'
import { loadConfig } from '#config'
import type { Address } from '#config/parse.ts'

/** Runs one piece of work with a client of the configured server, and closes it. */
export async function connected<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const config = loadConfig()
  const apiKey = config.callerKey?.reveal() ?? operatorKey(config.data)
  const tls = config.serverCa ?? config.tlsCert
  const client = createClient({
    address: hostPort(config.server ?? config.grpcAddress),
    apiKey,
    ...(tls !== undefined && { tls: { rootCertificates: readFileSync(tls) } }),
  })
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

function operatorKey(dataFolder: string): string {
  const file = join(dataFolder, 'operator.key')
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  throw new CommandFailed(
    `No caller key: set VOUCHSAFE_KEY, or run this where the server keeps ${file}.`,
    exitCodes.noPermission,
  )
}

function hostPort({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
