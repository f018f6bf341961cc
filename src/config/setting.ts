import { Secret } from './secret.ts'

/** Turns a setting's text into its value, or throws Refused. */
export type Parse<T> = (text: string) => T

/** Why a text is not a value of its setting, as the rest of a sentence that starts with the setting's name. */
export class Refused extends Error {}

export type Setting<T> = {
  /** The environment variable. */
  readonly name: string
  readonly parse: Parse<T>
  /** The text used when it is not set. */
  readonly fallback?: string
  /** What happens when it is not set and has no fallback. */
  readonly unset?: string
  readonly says: string
  readonly secret: boolean
}

export function withDefault<T>(name: string, parse: Parse<T>, fallback: string, says: string): Setting<T> {
  return { name, parse, fallback, says, secret: false }
}

export function optional<T>(
  name: string,
  parse: Parse<T>,
  unset: string,
  says: string,
): Setting<T | undefined> {
  return { name, parse, unset, says, secret: false }
}

/** A setting whose value is never shown, not even in the error about it. */
export function hidden(
  name: string,
  check: (text: string) => void,
  unset: string,
  says: string,
): Setting<Secret | undefined> {
  const parse = (text: string): Secret => {
    check(text)
    return new Secret(text)
  }
  return { name, parse, unset, says, secret: true }
}

/** The setting's name in vouchsafe.yaml. */
export function yamlKey(name: string): string {
  return name.replace(/^VOUCHSAFE_/, '').toLowerCase()
}
