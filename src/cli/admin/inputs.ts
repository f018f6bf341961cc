import type { DescField, DescMessage, DescMethod } from '@bufbuild/protobuf'
import { kebab } from './names.ts'

/** One value that a method takes, and where it goes in the request. */
export type Input = {
  /** "requires-entitlement" */
  readonly flag: string
  /** Proto field names from the request down. */
  readonly path: readonly string[]
  readonly field: DescField
  /** Of the help: "Product.key". */
  readonly name: string
  /** Whether it may be said without its flag. */
  readonly positional: boolean
  /** What an update's mask names when it is given. */
  readonly mask?: string
}

const maskType = 'google.protobuf.FieldMask'

/**
 * What a method can be given. The fields of the resource that a request is about stand beside its own; a message that
 * is only a choice (a holder, a target) gives one input for each choice.
 */
export function inputsOf(method: DescMethod): readonly Input[] {
  const hasMask = method.input.fields.some((field) => field.message?.typeName === maskType)
  const subject = resourceOf(method.input)
  const isNew = method.name.startsWith('Create')
  const naming = subject ? nameOf(subject.message, isNew) : firstText(method.input)
  const own = new Set(method.input.fields.map(({ name }) => name))
  return method.input.fields.flatMap((field): readonly Input[] => {
    if (field.message?.typeName === maskType) return []
    if (field !== subject) {
      return inputsFor(field, [], field.name).map((each) => ({ ...each, positional: field === naming }))
    }
    const fields = subject.message.fields.filter(({ name }) => !(isNew && serverGiven.has(name)))
    return fields.flatMap((each) => {
      const name = own.has(each.name) ? `${field.name}_${each.name}` : each.name
      const positional = each === naming
      const isMasked = hasMask && !positional && each.name !== 'etag'
      return inputsFor(each, [field.name], name).map((found) => ({
        ...found,
        positional,
        ...(isMasked && { mask: each.jsonName }),
      }))
    })
  })
}

/** Of something that is made. */
const serverGiven = new Set(['id', 'etag'])

function inputsFor(field: DescField, above: readonly string[], name: string): readonly Input[] {
  const path = [...above, field.name]
  if (field.fieldKind !== 'message' || !isChoice(field.message)) return [input(field, path, name)]
  return field.message.fields.map((each) => input(each, [...path, each.name], `${name}_${each.name}`))
}

function input(field: DescField, path: readonly string[], name: string): Input {
  return {
    flag: kebab(name),
    path,
    field,
    name: `${field.parent.name}.${field.name}`,
    positional: false,
  }
}

/** The message that a request carries as its first field: what it makes, changes or keeps. */
export function resourceOf(request: DescMessage) {
  const [first] = request.fields
  if (first?.fieldKind !== 'message' || first.number !== 1) return undefined
  const ours = first.message.typeName.startsWith('vouchsafe.')
  return ours && !isChoice(first.message) ? first : undefined
}

/** Whether a message is only a choice: one of its fields, such as a holder. */
export function isChoice({ fields, oneofs, typeName }: DescMessage): boolean {
  return typeName.startsWith('vouchsafe.') && oneofs.length === 1 && fields.every(({ oneof }) => oneof)
}

function nameOf({ fields }: DescMessage, isNew: boolean): DescField | undefined {
  return fields.find(({ name }) => name === 'key') ?? fields.find(({ name }) => name === 'id' && !isNew)
}

function firstText({ fields }: DescMessage): DescField | undefined {
  const [first] = fields
  return first?.number === 1 && first.fieldKind === 'scalar' ? first : undefined
}
