import { ConfigError } from '#config/config-error.ts'
import type { Address } from '#config/parse.ts'

/** What keeps a door from opening is mostly its address: then the setting is named. */
export async function at<Door>(setting: string, address: Address, opening: Promise<Door>): Promise<Door> {
  try {
    return await opening
  } catch (error) {
    const problem = addressProblems[(error as NodeJS.ErrnoException).code ?? '']
    if (problem === undefined) throw error
    throw new ConfigError([`${setting}: ${shown(address, address.port)} ${problem}.`])
  }
}

const addressProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use, perhaps by another server: stop that one, or set another address',
  EADDRNOTAVAIL: 'is no address of this machine',
  EACCES: 'may not be used by this user: ports below 1024 need a right of their own',
  ENOTFOUND: 'is no host that is known here',
}

/** "host:port", with the port that was really taken. */
export function shown({ host }: Address, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
