import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type Range } from 'yaml'
import { ConfigError } from './config-error.ts'

export type YamlEntry = { readonly key: string; readonly text: string; readonly where: string }

/** The flat `key: value` pairs of a file, values as they are written. Throws ConfigError naming the line. */
export function readYamlFile(file: string): readonly YamlEntry[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new ConfigError([`The settings file ${file} cannot be read.`])
  }
  return yamlEntries(text, basename(file))
}

export function yamlEntries(text: string, name: string): readonly YamlEntry[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const line = (offset: number): string => `${name} line ${lines.linePos(offset).line}`
  if (document.errors.length > 0) {
    // The parser's own message may quote the line, and with it a secret.
    throw new ConfigError(
      document.errors.map((each) => `${line(each.pos[0])}: ${reasons[each.code] ?? broken}`),
    )
  }
  if (document.contents === null) return []
  if (!isMap<Node, Node | null>(document.contents)) {
    throw new ConfigError([`${name} is not a list of settings, one "key: value" a line.`])
  }
  const problems: string[] = []
  const entries = document.contents.items.flatMap(({ key, value }) => {
    const where = line((key.range as Range)[0])
    const name = isScalar(key) ? String(key.value) : ''
    const written = writtenText(value)
    if (written !== undefined) return [{ key: name, text: written, where }]
    problems.push(`${where}: ${name} needs one plain value; settings are flat, such as grpc_address.`)
    return []
  })
  if (problems.length > 0) throw new ConfigError(problems)
  return entries
}

const broken = 'this is not valid YAML'
const reasons: Readonly<Record<string, string>> = { DUPLICATE_KEY: 'this key is there twice' }

function writtenText(node: Node | null): string | undefined {
  if (isScalar(node)) {
    if (node.value === null) return ''
    return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
  }
  if (!isSeq<Node>(node)) return undefined
  const items = node.items.map(writtenText)
  return items.includes(undefined) ? undefined : items.join(',')
}
