import { readFileSync } from 'node:fs'
import { type DescField, ScalarType } from '@bufbuild/protobuf'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import type { Json } from '#core/json.ts'
import { type Input, isChoice } from './inputs.ts'

const whole = new Set<ScalarType>([
  ScalarType.INT32,
  ScalarType.UINT32,
  ScalarType.SINT32,
  ScalarType.FIXED32,
  ScalarType.SFIXED32,
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
])

/** What was typed for an input, as the JSON of the protos. */
export function readValue({ flag, field }: Input, given: string | boolean | readonly string[]): Json {
  if (typeof given === 'boolean') return given
  if (field.fieldKind === 'list') return listOf(flag, field, typeof given === 'string' ? [given] : given)
  if (field.fieldKind === 'map') return mapOf(flag, typeof given === 'string' ? [given] : given)
  return single(flag, field, String(given))
}

/** Whether what is given several times makes one value. */
export function isRepeated({ field }: Input): boolean {
  return field.fieldKind === 'list' || field.fieldKind === 'map'
}

export function isFlag({ field }: Input): boolean {
  return field.fieldKind === 'scalar' && field.scalar === ScalarType.BOOL
}

/** What stands for the value in the help. */
export function placeholder({ field }: Input): string {
  if (field.fieldKind === 'map') return 'name=value'
  if (field.fieldKind === 'list' && field.message && isChoice(field.message)) return 'kind=key'
  if (field.message) return textOfMessage(field.message.typeName)
  if (field.enum) return field.enum.values.slice(1).map(enumName(field)).join('|')
  return field.scalar === ScalarType.STRING ? 'text' : 'number'
}

function textOfMessage(type: string): string {
  if (type === 'google.protobuf.Timestamp') return 'time'
  return type === 'google.protobuf.Value' ? 'value' : 'json|@file'
}

// An empty text alone clears the list.
function listOf(flag: string, field: DescField, given: readonly string[]): Json {
  if (given.length === 1 && given[0] === '') return []
  if (!field.message || field.message.typeName === 'google.protobuf.Value') {
    return given.map((text) => single(flag, field, text))
  }
  const { message } = field
  return given.flatMap((text) => (isChoice(message) ? choiceOf(flag, text) : parsed(flag, text)))
}

/** "product=guide", or JSON. */
function choiceOf(flag: string, text: string): Json {
  const [, name, value] = /^([a-z_]+)=(.*)$/s.exec(text) ?? []
  return name === undefined || value === undefined ? parsed(flag, text) : { [name]: value }
}

function mapOf(flag: string, given: readonly string[]): Json {
  const map: Record<string, Json> = {}
  for (const text of given.filter((each) => each !== '')) {
    if (text.startsWith('{') || text.startsWith('@')) Object.assign(map, parsed(flag, text))
    else {
      const at = text.indexOf('=')
      if (at < 1) throw wrong(flag, text, 'is name=value')
      map[text.slice(0, at)] = text.slice(at + 1)
    }
  }
  return map
}

function single(flag: string, field: DescField, text: string): Json {
  if (field.message) return ofMessage(flag, field.message.typeName, text)
  if (field.enum) {
    const found = field.enum.values.find((value) => enumName(field)(value) === text.toLowerCase())
    if (!found) throw wrong(flag, text, `is one of ${placeholder({ field } as Input)}`)
    return found.name
  }
  const { scalar } = field
  if (scalar === ScalarType.STRING || scalar === ScalarType.BYTES || scalar === undefined) return text
  if (scalar === ScalarType.BOOL) return text === 'true'
  const number = Number(text)
  if (text.trim() === '' || Number.isNaN(number)) throw wrong(flag, text, 'is a number')
  if (whole.has(scalar) && !/^-?\d+$/.test(text)) throw wrong(flag, text, 'is a whole number')
  return Number.isSafeInteger(number) || !whole.has(scalar) ? number : text
}

function ofMessage(flag: string, type: string, text: string): Json {
  if (type === 'google.protobuf.Timestamp') {
    const time = new Date(text)
    if (Number.isNaN(time.getTime())) throw wrong(flag, text, 'is an ISO 8601 time')
    return time.toISOString()
  }
  if (type === 'google.protobuf.Duration') return text
  if (type !== 'google.protobuf.Value' || text.startsWith('@')) return parsed(flag, text)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** JSON, or that of a file named after "@". */
function parsed(flag: string, text: string): Json {
  const written = text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text
  try {
    return JSON.parse(written)
  } catch {
    throw wrong(flag, text, 'is JSON, or @ and the file that holds it')
  }
}

function enumName({ enum: type }: DescField) {
  return ({ localName }: { readonly localName: string }) => (type ? localName.toLowerCase() : '')
}

function wrong(flag: string, text: string, what: string): CommandFailed {
  return new CommandFailed(`--${flag} ${what}, not "${text}".`, exitCodes.usage)
}
