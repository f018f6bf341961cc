import postgres from 'postgres'

/** A pool of connections. */
export type Sql = postgres.Sql
/** The statements of one transaction. */
export type Tx = postgres.TransactionSql

export type PoolOptions = {
  readonly url: string
  /** Connections. Default 10. */
  readonly max?: number
  /** False behind a pooler that cannot keep prepared statements. Default true. */
  readonly prepare?: boolean
  /** Told what the server remarks. Default: nobody. */
  readonly onnotice?: (notice: postgres.Notice) => void
}

/**
 * Opens connections as they are needed. What is read: timestamps as integer milliseconds, bigint and numeric
 * as they are safe (bigint as number, else an error; numeric as text), jsonb parsed, bytea as Buffer.
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
    types: { instant, safeInteger },
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
