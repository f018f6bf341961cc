import type postgresTypes from 'postgres'
import { readArray, writeArray } from './array-text.ts'
import { postgres } from './driver.ts'

/** A pool of connections. */
export type Sql = postgresTypes.Sql
/** The statements of one transaction. */
export type Tx = postgresTypes.TransactionSql

export type PoolOptions = {
  readonly url: string
  /** Connections. Default 10. */
  readonly max?: number
  /** False behind a pooler that cannot keep prepared statements. Default true. */
  readonly prepare?: boolean
  /** Told what the server remarks. Default: nobody. */
  readonly onnotice?: (notice: postgresTypes.Notice) => void
}

/**
 * Opens connections as they are needed. What is read: timestamps as integer milliseconds, bigint and numeric
 * as they are safe (bigint as number, else an error; numeric as text), jsonb parsed, bytea as Buffer,
 * arrays of text, uuid, integer and bigint; other arrays as text.
 * What is written: timestamps as Date, jsonb through `sql.json`.
 */
export function openPool(options: PoolOptions): Sql {
  return postgres(options.url, {
    max: options.max ?? 10,
    prepare: options.prepare ?? true,
    connect_timeout: 5,
    idle_timeout: 60,
    max_lifetime: 1800,
    // Its default is exponential and comes back up to 14 s late.
    backoff: () => 0.25,
    onnotice: options.onnotice ?? (() => {}),
    connection: { application_name: 'vouchsafe' },
    types: { instant, safeInteger, ...arrays },
    // It would ask for the types of arrays on each new connection, and a connection lost just then ends the process:
    // nobody awaits that question.
    fetch_types: false,
  }) as unknown as Sql
}

const instant = {
  to: 1184,
  from: [1184, 1114, 1082],
  serialize: (value: Date | string) => (value instanceof Date ? value.toISOString() : value),
  parse: (text: string) => new Date(text).getTime(),
}

const safeInteger = {
  to: 20,
  from: [20],
  serialize: (value: number | bigint) => value.toString(),
  parse: (text: string) => {
    const value = Number(text)
    if (!Number.isSafeInteger(value)) throw new Error(`The bigint ${text} is beyond what a number holds.`)
    return value
  },
}

const arrays = {
  texts: { to: 1009, from: [1009], serialize: writeArray, parse: readArray },
  uuids: { to: 2951, from: [2951], serialize: writeArray, parse: readArray },
  integers: { to: 1007, from: [1007], serialize: writeArray, parse: readNumbers },
  safeIntegers: { to: 1016, from: [1016], serialize: writeArray, parse: readNumbers },
}

function readNumbers(text: string): (number | null)[] {
  return readArray(text).map((item) => (item === null ? null : safeInteger.parse(item)))
}
