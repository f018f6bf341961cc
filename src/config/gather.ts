import { nearest } from './nearest.ts'
import { yamlKey } from './setting.ts'
import type { YamlEntry } from './yaml-file.ts'

export type Origin = 'default' | 'environment' | 'file' | 'argument'
/** A setting's text as someone wrote it. */
export type Given = { readonly text: string; readonly origin: Origin; readonly where: string }

export type Gathered = {
  readonly given: ReadonlyMap<string, Given>
  readonly problems: readonly string[]
}

export type Sources = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly entries: readonly YamlEntry[]
  readonly argv: readonly string[]
}

/** What Kubernetes sets for a service named "vouchsafe"; nobody wrote it as a setting. */
const serviceLink = /^VOUCHSAFE_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)$/

/** What each source says, by setting name: a flag wins over the environment, and that over the file. */
export function gather(names: readonly string[], hidden: ReadonlySet<string>, from: Sources): Gathered {
  const given = new Map<string, Given>()
  const problems: string[] = []
  const isKnown = (name: string): boolean => names.includes(name) || name.startsWith('KEYCLOAK_')

  const keys = names.map(yamlKey)
  for (const { key, text, where } of from.entries) {
    const name = names.find((each) => yamlKey(each) === key)
    if (name !== undefined) given.set(name, { text, origin: 'file', where })
    else if (key.startsWith('keycloak_')) given.set(key.toUpperCase(), { text, origin: 'file', where })
    else problems.push(`${where}: unknown setting ${key}. Did you mean ${nearest(key, keys)}?`)
  }

  const ours = names.filter((name) => name.startsWith('VOUCHSAFE_'))
  for (const [name, text] of Object.entries(from.env)) {
    if (text === undefined || serviceLink.test(name)) continue
    if (isKnown(name)) given.set(name, { text, origin: 'environment', where: 'environment' })
    else if (name.startsWith('VOUCHSAFE_')) {
      problems.push(`Unknown environment variable ${name}. Did you mean ${nearest(name, ours)}?`)
    }
  }

  const flags = names.filter((name) => !hidden.has(name)).map(flagOf)
  for (let i = 0; i < from.argv.length; i++) {
    const [flag = '', inline] = splitOnce(from.argv[i] ?? '')
    const name = names.find((each) => flagOf(each) === flag)
    if (name === undefined) {
      problems.push(`Unknown option ${flag}. Did you mean ${nearest(flag, flags)}?`)
      continue
    }
    const text = inline ?? from.argv[++i]
    if (hidden.has(name)) {
      problems.push(
        `${flag} would show a secret to everyone on this machine: use ${name} or ${yamlKey(name)}.`,
      )
    } else if (text === undefined) problems.push(`${flag} needs a value.`)
    else given.set(name, { text, origin: 'argument', where: flag })
  }
  return { given, problems }
}

/** The setting's name as a flag: --grpc-address. */
export function flagOf(name: string): string {
  return `--${yamlKey(name).replaceAll('_', '-')}`
}

function splitOnce(text: string): [string, string?] {
  const at = text.indexOf('=')
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
