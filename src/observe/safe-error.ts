import { type Scrub, scrub } from './scrub.ts'

export type SafeError = {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: SafeError
}

const maxText = 4000

/**
 * What of an error may be logged: name, message, code, stack and causes, scrubbed.
 * Drivers hang queries, parameters and connection options on their errors; none of that passes.
 */
export function safeError(error: unknown, clean: Scrub = scrub, depth = 3): SafeError {
  if (!(error instanceof Error)) return { name: 'NotAnError', message: cut(clean(textOf(error))) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    name: error.name,
    message: cut(clean(error.message)),
    ...(code === undefined ? {} : { code: cut(clean(code)) }),
    ...(error.stack === undefined ? {} : { stack: cut(clean(error.stack)) }),
    ...(error.cause === undefined || depth === 0 ? {} : { cause: safeError(error.cause, clean, depth - 1) }),
  }
}

function textOf(value: unknown): string {
  // opa-wasm throws strings; anything else is named by its type, since its content is unknown.
  return typeof value === 'string' ? value : `thrown ${value === null ? 'null' : typeof value}`
}

function cut(text: string): string {
  return text.length > maxText ? `${text.slice(0, maxText)}…` : text
}
