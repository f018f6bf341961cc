import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '#config/config-error.ts'

/** Makes the data folder. Others may pass through it (the database's own user must) but not list or read. */
export async function openDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
  } catch (error) {
    throw new ConfigError([`VOUCHSAFE_DATA: ${folder} cannot be used: ${(error as Error).message}.`])
  }
  // Not ours to change where it was lent to us.
  await chmod(folder, 0o711).catch(() => undefined)
}

/** The text of a file in the data folder, made at the first call and kept at mode 0600. */
export async function keptText(folder: string, name: string, make: () => string): Promise<string> {
  const file = join(folder, name)
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const text = make()
  await writeFile(file, `${text}\n`, { mode: 0o600, flag: 'wx' })
  return text
}

/** The secret of the embedded database's deployment: 256 bits. */
export function keptSecret(folder: string): Promise<string> {
  return keptText(folder, 'secret', () => randomBytes(32).toString('base64url'))
}

/** Where the embedded Postgres lives. */
export function embeddedFolder(folder: string): string {
  return join(folder, 'postgres')
}
