import { writeSync } from 'node:fs'
import { pino } from 'pino'
import { safeError } from './safe-error.ts'
import { createScrub } from './scrub.ts'

type Write = (fields: object, message: string) => void

/** What parts need of a log. `err` in the fields is serialised safely. */
export type Log = {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

type Settings = {
  readonly level: LogLevel
  /** Exact values that must not appear in any line, such as DATABASE_URL. */
  readonly secrets?: readonly string[]
  /** Default: standard error. */
  readonly write?: (line: string) => void
}

const neverLogged = ['authorization', 'token', 'access_token', 'api_key', 'cookie', 'password', 'secret']

/** JSON lines on standard error, every one of them scrubbed as a whole. */
export function createLogger(settings: Settings): Log {
  const clean = createScrub(settings.secrets)
  const write = settings.write ?? writeToStandardError
  const logger = pino(
    {
      level: settings.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => safeError(error, clean) },
      redact: {
        paths: neverLogged.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[redacted]',
      },
    },
    { write: (line: string) => write(clean(line)) },
  )
  return logger
}

function writeToStandardError(line: string): void {
  try {
    writeSync(2, line)
  } catch {
    // A closed or full pipe must not take the service down, and there is nowhere left to say so.
  }
}
