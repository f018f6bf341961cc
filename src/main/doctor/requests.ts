import { type DescField, type DescMessage, getOption, ScalarType } from '@bufbuild/protobuf'
import { field as fieldRules, oneof as oneofRules } from '#gen/buf/validate/validate_pb.ts'

/** JSON of a message. */
export type Body = { readonly [name: string]: unknown }

/** A field that says which thing is meant, by its names from the outside in. */
export type Leaf = readonly DescField[]

/** Values of the tenant that asks, by the name of a field. */
export type OwnValues = Readonly<Record<string, string>>

const deepest = 3
const numbered = new Set(['number', 'revision'])

/** Every field of a request that takes a text (or the number of a change), however deep. */
export function leavesOf(message: DescMessage, above: Leaf = []): readonly Leaf[] {
  return message.fields.flatMap((field): readonly Leaf[] => {
    const path = [...above, field]
    if (field.scalar === ScalarType.STRING && field.fieldKind !== 'map') return isChosen(field) ? [] : [path]
    if (field.scalar === ScalarType.INT64 && numbered.has(field.name)) return [path]
    const inner = field.fieldKind === 'map' ? undefined : field.message
    if (inner === undefined || inner.typeName.startsWith('google.protobuf.') || above.length === deepest)
      return []
    return leavesOf(inner, path)
  })
}

/** Whether it takes one of a few words of ours: then it names nothing of anybody's. */
function isChosen(field: DescField): boolean {
  const text = textRules(field)
  return text !== undefined && text.in.length > 0
}

function textRules(field: DescField) {
  const { type } = getOption(field, fieldRules)
  const text = type.case === 'repeated' ? type.value.items?.type : type
  return text?.case === 'string' ? text.value : undefined
}

/** A body that validation lets pass, as far as its rules can be read: with values of the asker's own. */
export function bodyOf(message: DescMessage, own: OwnValues, depth = 0): Body {
  const body: Record<string, unknown> = {}
  for (const field of message.fields) {
    if (depth > deepest || !isWanted(field)) continue
    const value = sample(field, own, depth)
    if (value !== undefined) body[field.jsonName] = field.fieldKind === 'list' ? [value] : value
  }
  return body
}

/** The body with one field set, and with what that needs around it. */
export function withLeaf(body: Body, leaf: Leaf, value: string, own: OwnValues): Body {
  const [field, ...inner] = leaf
  if (field === undefined) return body
  const siblings = new Set(field.oneof?.fields.map(({ jsonName }) => jsonName) ?? [])
  const rest = Object.fromEntries(Object.entries(body).filter(([name]) => !siblings.has(name)))
  if (inner.length === 0) return { ...rest, [field.jsonName]: field.fieldKind === 'list' ? [value] : value }
  const of = field.message as DescMessage
  const before = body[field.jsonName]
  const present = (Array.isArray(before) ? before[0] : before) ?? bodyOf(of, own, 1)
  const made = withLeaf(present as Body, inner, value, own)
  return { ...rest, [field.jsonName]: field.fieldKind === 'list' ? [made] : made }
}

function isWanted(field: DescField): boolean {
  if (field.fieldKind === 'map' || field.name === 'tenant') return false
  if (field.oneof) {
    const required = getOption(field.oneof, oneofRules).required
    return required && field.oneof.fields[0] === field
  }
  const rules = getOption(field, fieldRules)
  if (rules.required) return true
  if (rules.type.case === 'repeated') return rules.type.value.minItems > 0n
  if (rules.type.case === 'int64')
    return rules.type.value.greaterThan.case === 'gte' && rules.type.value.greaterThan.value > 0n
  if (rules.type.case !== 'string') return false
  const { minLen, pattern, in: allowed } = rules.type.value
  if (minLen > 0n) return true
  if (allowed.length > 0) return !allowed.includes('')
  return pattern !== '' && !new RegExp(pattern).test('')
}

function sample(field: DescField, own: OwnValues, depth: number): unknown {
  if (field.fieldKind !== 'map' && field.message) {
    const { typeName } = field.message
    if (typeName === 'google.protobuf.FieldMask') return 'name'
    if (typeName === 'google.protobuf.Timestamp') return '2030-01-01T00:00:00Z'
    return typeName.startsWith('google.protobuf.') ? undefined : bodyOf(field.message, own, depth + 1)
  }
  if (field.scalar === ScalarType.INT64 || field.scalar === ScalarType.INT32) return 1
  if (field.scalar !== ScalarType.STRING) return undefined
  const text = textRules(field)
  if (text === undefined) return own[field.name] ?? 'doctor'
  const { in: allowed, pattern, maxLen } = text
  if (allowed.length > 0) return allowed.find((each) => each !== '')
  const fits = (value: string) =>
    (pattern === '' || new RegExp(pattern).test(value)) && (maxLen === 0n || value.length <= Number(maxLen))
  const named = own[field.name]
  return [...(named === undefined ? [] : [named]), ...shapes].find(fits)
}

const shapes = [
  'doctor',
  '/doctor',
  'GET',
  'UTC',
  'https://doctor.invalid',
  'ab'.repeat(32),
  '00000000-0000-7000-8000-00000000d0c0',
  'doctor*',
]
