import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type VerbHelp = {
  /** Its name in the generated service, such as createProduct. */
  readonly method: string
  readonly says: string
}

export type ServiceHelp = {
  /** Of the generated module, such as product_service. */
  readonly file: string
  readonly service: string
  readonly says: string
  /** By the command's name. */
  readonly verbs: Readonly<Record<string, VerbHelp>>
}

export type Help = {
  /** By the command's name. */
  readonly services: Readonly<Record<string, ServiceHelp>>
  /** Comments of the fields, by message and name: "Product.key". */
  readonly fields: Readonly<Record<string, string>>
}

/** What the protos say about the administration, so that help does not load their descriptors: npm run docs:api. */
export function readHelp(): Help {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'help.json'), 'utf8'))
}
