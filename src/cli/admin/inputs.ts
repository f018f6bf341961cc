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
  /** Whether an update names it in its mask when it is given. */
  readonly masked: boolean
}

const maskType = 'google.protobuf.FieldMask'

/**
 * What a method can be given. The fields of the resource that a request is about stand beside its own; a message that
 * is only a choice (a holder, a target) gives one input for each choice.
 */
export function inputsOf(method: DescMethod): readonly Input[] {
  const hasMask = method.input.fields.some((field) => field.message?.typeName === maskType)
  const subject = resourceOf(method.input)
  const naming = subject?.message ? nameOf(subject.message) : firstText(method.input)
  const own = new Set(method.input.fields.map(({ name }) => name))
  return method.input.fields.flatMap((field): readonly Input[] => {
    if (field.message?.typeName === maskType) return []
    if (field === subject) {
      return subject.message.fields.map((each) => ({
        ...input(
          each,
          [field.name, each.name],
          own.has(each.name) ? `${field.name}_${each.name}` : each.name,
        ),
        positional: each === naming,
        masked: hasMask && each !== naming && each.name !== 'etag',
      }))
    }
    if (field.fieldKind === 'message' && isChoice(field.message)) {
      return field.message.fields.map((each) =>
        input(each, [field.name, each.name], `${field.name}_${each.name}`),
      )
    }
    return [{ ...input(field, [field.name], field.name), positional: field === naming }]
  })
}

function input(field: DescField, path: readonly string[], name: string): Input {
  return {
    flag: kebab(name),
    path,
    field,
    name: `${field.parent.name}.${field.name}`,
    positional: false,
    masked: false,
  }
}

/** The message that a request carries as its first field: what it makes, changes or keeps. */
function resourceOf(request: DescMessage) {
  const [first] = request.fields
  if (first?.fieldKind !== 'message' || first.number !== 1) return undefined
  const ours = first.message.typeName.startsWith('vouchsafe.')
  return ours && !isChoice(first.message) ? first : undefined
}

function isChoice({ fields, oneofs, typeName }: DescMessage): boolean {
  return typeName.startsWith('vouchsafe.') && oneofs.length === 1 && fields.every(({ oneof }) => oneof)
}

function nameOf({ fields }: DescMessage): DescField | undefined {
  return fields.find(({ name }) => name === 'key') ?? fields.find(({ name }) => name === 'id')
}

function firstText({ fields }: DescMessage): DescField | undefined {
  const [first] = fields
  return first?.number === 1 && first.fieldKind === 'scalar' ? first : undefined
}
