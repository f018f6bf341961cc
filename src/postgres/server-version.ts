import type { Sql } from './pool.ts'

/** The first minor of each major without the known row-security faults (CVE-2024-10976 and its kind). */
const sound: Readonly<Record<number, number>> = { 15: 20, 16: 16, 17: 12, 18: 7 }

/** What to warn of: a server whose row security has known faults, or is too old. Undefined: nothing. */
export async function oldServerWarning(sql: Sql): Promise<string | undefined> {
  const [row] = await sql<
    { version: number }[]
  >`select current_setting('server_version_num')::integer as version`
  return warningFor(row?.version ?? 0)
}

/** `version` as server_version_num: 150018 is 15.18. */
export function warningFor(version: number): string | undefined {
  const major = Math.floor(version / 10_000)
  const minor = version % 10_000
  if (major < 15) return `Postgres ${major} is not supported: use 15 or newer.`
  const wanted = sound[major]
  if (wanted === undefined || minor >= wanted) return undefined
  return `Postgres ${major}.${minor} has known faults in row security: update to ${major}.${wanted} or newer.`
}
