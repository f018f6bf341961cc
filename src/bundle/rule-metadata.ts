import { parse } from 'yaml'
import { BundleRefused } from './refusal.ts'

export type ReasonText = { readonly title: string; readonly text: string }

export type RuleMetadata = {
  readonly title?: string
  readonly description?: string
  readonly custom?: {
    /** Place among the rules, and so among the reasons. */
    readonly order?: number
    readonly tenants?: readonly string[]
    readonly modules?: readonly string[]
    readonly reasons?: Readonly<Record<string, ReasonText>>
    /** Reasons that the host gives where the policy gives none. */
    readonly host_reasons?: Readonly<Record<string, ReasonText>>
    readonly fixes?: Readonly<Record<string, ReasonText>>
  }
}

/** The METADATA block above the package line. Throws BundleRefused for malformed YAML. */
export function packageMetadata(path: string, text: string): RuleMetadata {
  const lines = text.slice(0, /^package /m.exec(text)?.index ?? 0).split('\n')
  const start = lines.indexOf('# METADATA')
  if (start < 0) return {}
  const yaml = lines
    .slice(start + 1)
    .map((line) => line.replace(/^# ?/, ''))
    .join('\n')
  try {
    return (parse(yaml) ?? {}) as RuleMetadata
  } catch (cause) {
    throw new BundleRefused(`${path}: its METADATA is malformed.`, cause)
  }
}
