import { type DescField, getOption, hasOption, type JsonObject, toJson } from '@bufbuild/protobuf'
import { FieldRulesSchema, field as rulesOfField } from '#gen/buf/validate/validate_pb.ts'

/** What protovalidate asks of a field, in words; empty where it asks nothing. */
export function limitsOf(field: DescField): string {
  if (!hasOption(field, rulesOfField)) return ''
  const rules = toJson(FieldRulesSchema, getOption(field, rulesOfField), { useProtoFieldName: true })
  return words(rules as JsonObject).join('; ')
}

function words({ required, ...kinds }: JsonObject): string[] {
  const said = required ? ['required'] : []
  for (const rules of Object.values(kinds)) {
    if (typeof rules !== 'object') continue
    for (const [name, value] of Object.entries(rules as JsonObject)) said.push(word(name, value))
  }
  return said
}

function word(name: string, value: unknown): string {
  const text = Array.isArray(value) ? value.map(shownItem).join(', ') : String(value)
  if (name === 'items') return `each: ${words(value as JsonObject).join('; ')}`
  return `${texts[name] ?? name} ${name === 'pattern' ? `\`${text}\`` : text}`.trim()
}

function shownItem(item: unknown): string {
  return item === '' ? 'empty' : String(item)
}

const texts: Readonly<Record<string, string>> = {
  pattern: 'matches',
  min_len: 'at least this long:',
  max_len: 'at most this long:',
  min_items: 'at least this many:',
  max_items: 'at most this many:',
  max_pairs: 'at most this many:',
  in: 'one of',
  gte: '≥',
  lte: '≤',
  gt: '>',
  lt: '<',
}
