// Writes docs/reference/catalog.schema.json, by which editors check and complete a catalogue as it is written.
// test/tools/catalog-schema.test.ts keeps it fresh, and holds it against what apply accepts.
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  type JsonObject,
  ScalarType,
  toJson,
} from '@bufbuild/protobuf'
import { readHelp } from '#cli/admin/help.ts'
import {
  FieldRulesSchema,
  field as rulesOfField,
  oneof as rulesOfOneof,
} from '#gen/buf/validate/validate_pb.ts'
import { CatalogSchema } from '#gen/vouchsafe/admin/v1/catalog_service_pb.ts'

export const catalogSchemaFile = resolve(import.meta.dirname, '../docs/reference/catalog.schema.json')

type Schema = { [keyword: string]: unknown }

/** The JSON Schema (draft 7) of a catalogue. */
export function catalogSchema(): Schema {
  const definitions: Record<string, Schema> = {}
  const { fields: says } = readHelp()

  function reference(message: DescMessage): Schema {
    if (!(message.name in definitions)) {
      definitions[message.name] = {}
      definitions[message.name] = objectOf(message)
    }
    return { $ref: `#/definitions/${message.name}` }
  }

  function objectOf(message: DescMessage): Schema {
    const properties: Record<string, Schema> = {}
    for (const field of message.fields) {
      const description = says[`${message.name}.${field.name}`]
      properties[field.name] = { ...(description && { description }), ...schemaOf(field) }
    }
    const required = message.fields.filter(isRequired).map(({ name }) => name)
    const choices = message.oneofs.map(({ fields }) => fields.map(({ name }) => ({ required: [name] })))
    const chosen = message.oneofs.filter((each) => hasOption(each, rulesOfOneof))
    const [choice] = chosen.length > 0 ? choices : []
    return {
      type: 'object',
      additionalProperties: false,
      properties,
      ...(required.length > 0 && { required }),
      ...(choice && { oneOf: choice }),
    }
  }

  function schemaOf(field: DescField): Schema {
    const rules = hasOption(field, rulesOfField)
      ? (toJson(FieldRulesSchema, getOption(field, rulesOfField), { useProtoFieldName: true }) as JsonObject)
      : {}
    if (field.fieldKind === 'list') {
      const { items, ...list } = (rules.repeated ?? {}) as JsonObject
      const each = field.listKind === 'message' ? messageSchema(field.message) : scalarSchema(field.scalar)
      return {
        type: 'array',
        items: { ...each, ...limits((items as JsonObject | undefined) ?? {}) },
        ...listLimits(list),
      }
    }
    if (field.fieldKind === 'map')
      return { type: 'object', additionalProperties: { type: 'string' }, ...mapLimits(rules) }
    if (field.message) return messageSchema(field.message)
    return { ...scalarSchema(field.scalar), ...limits(rules) }
  }

  function messageSchema(message: DescMessage): Schema {
    if (message.typeName === 'google.protobuf.Struct') return { type: 'object' }
    if (message.typeName === 'google.protobuf.Value') return {}
    return reference(message)
  }

  const root = objectOf(CatalogSchema)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A Vouchsafe catalogue: vouchsafe catalog apply',
    ...root,
    definitions,
  }
}

function scalarSchema(scalar: ScalarType | undefined): Schema {
  if (scalar === ScalarType.STRING) return { type: 'string' }
  if (scalar === ScalarType.BOOL) return { type: 'boolean' }
  if (scalar === ScalarType.INT64) return { type: ['integer', 'string'], pattern: '^-?[0-9]+$' }
  return { type: 'integer' }
}

/** The rules of one value: {"string": {"max_len": 255}}. */
function limits({ required: _, ...kinds }: JsonObject): Schema {
  const schema: Schema = {}
  for (const rules of Object.values(kinds)) {
    const given = rules as JsonObject
    if (given.in) schema.enum = (given.in as unknown[]).map((each) => each)
    if (given.pattern) schema.pattern = given.pattern
    if (given.min_len) schema.minLength = Number(given.min_len)
    if (given.max_len) schema.maxLength = Number(given.max_len)
    if (given.gte !== undefined) schema.minimum = Number(given.gte)
    if (given.lte !== undefined) schema.maximum = Number(given.lte)
  }
  return schema
}

function listLimits({ min_items, max_items }: JsonObject): Schema {
  return {
    ...(min_items !== undefined && { minItems: Number(min_items) }),
    ...(max_items !== undefined && { maxItems: Number(max_items) }),
  }
}

function mapLimits({ map }: JsonObject): Schema {
  const { max_pairs } = (map ?? {}) as JsonObject
  return max_pairs === undefined ? {} : { maxProperties: Number(max_pairs) }
}

/** Fields that do not take being left out: an empty text does not pass. */
function isRequired(field: DescField): boolean {
  if (!hasOption(field, rulesOfField) || field.oneof) return false
  const rules = toJson(FieldRulesSchema, getOption(field, rulesOfField), { useProtoFieldName: true })
  const { string, repeated, required } = rules as Readonly<Record<string, JsonObject | undefined>>
  if (required || Number(repeated?.min_items ?? 0) > 0) return true
  if (field.fieldKind !== 'scalar' || !string) return false
  if (string.pattern) return !new RegExp(String(string.pattern), 'u').test('')
  return string.in ? !(string.in as unknown[]).includes('') : Number(string.min_len ?? 0) > 0
}

export function renderCatalogSchema(): string {
  return `${JSON.stringify(catalogSchema(), null, 2)}\n`
}

if (import.meta.main) writeFileSync(catalogSchemaFile, renderCatalogSchema())
