import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Only Linux tells every process's working folder. */
export const canSeeProcesses = process.platform === 'linux'

/** The living processes that were started in a folder, or with it in their command line; their ids. */
export function processesOf(folder: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && concerns(pid, folder))
}

/** The embedded server's first process. */
export function postmasterOf(folder: string): number {
  const found = processesOf(folder).find((pid) => textOf(pid, 'cmdline').includes('bin/postgres'))
  if (found === undefined) throw new Error(`No Postgres runs in ${folder}.`)
  return found
}

export function alive(pid: number): boolean {
  const stat = textOf(pid, 'stat')
  return stat !== '' && !/\) [ZX] /.test(stat)
}

function concerns(pid: number, folder: string): boolean {
  if (!alive(pid)) return false
  return workingFolder(pid).startsWith(folder) || textOf(pid, 'cmdline').includes(folder)
}

function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}

function textOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}
