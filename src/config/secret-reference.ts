import { readFileSync } from 'node:fs'
import { Secret } from './secret.ts'
import { realSecret } from './secret-strength.ts'
import { Refused } from './setting.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * The secret that "env:NAME" or "file:/path" leads to. Throws Refused, which says why there is none without saying what
 * is there. A file is read each time, so that a secret can be replaced while everything runs.
 */
export function readSecretReference(reference: string, env: Env): Secret {
  const [kind, ...rest] = reference.split(':')
  const name = rest.join(':')
  if (kind === 'env' && ours.test(name)) throw new Refused(`${name} is a secret of this service's own.`)
  if (kind === 'env')
    return checked(Object.hasOwn(env, name) ? env[name] : undefined, `The environment has no ${name}.`)
  if (kind === 'file') return checked(fileText(name), `The file ${name} cannot be read.`)
  throw new Refused('A secret is named as env:NAME or file:/path.')
}

/** Nobody else is shown these. */
const ours = /^(VOUCHSAFE|DATABASE|KEYCLOAK)_/

function checked(text: string | undefined, missing: string): Secret {
  if (text === undefined) throw new Refused(missing)
  const value = text.trim()
  if (value === '') throw new Refused('It is empty.')
  realSecret(value)
  return new Secret(value)
}

function fileText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
