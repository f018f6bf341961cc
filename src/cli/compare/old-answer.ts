import { create, type JsonObject } from '@bufbuild/protobuf'
import { type CheckRequest, CheckRequestSchema } from '#gen/vouchsafe/v1/decision_pb.ts'

export type OldAnswer = {
  readonly line: number
  /** "alice docs_paid", for people. */
  readonly about: string
  readonly allowed: boolean
  readonly request: CheckRequest
}

type Asked = { readonly tenant?: string; readonly atLeast?: string }

const fields = new Set(
  'iss sub subject entitlement product organization module attributes quantity allowed'.split(' '),
)

/** A line of what another system answered. Throws an Error that says what it lacks. */
export function readOldAnswer(line: number, value: unknown, asked: Asked): OldAnswer {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('It is no object.')
  const given = value as JsonObject
  const unknown = Object.keys(given).find((name) => !fields.has(name))
  if (unknown !== undefined) throw new Error(`There is no field "${unknown}".`)
  const text = (name: string): string => {
    const found = given[name] ?? ''
    if (typeof found !== 'string') throw new Error(`"${name}" is no text.`)
    return found
  }
  const entitlement = text('entitlement')
  if (entitlement === '') throw new Error('It names no entitlement.')
  const product = text('product')
  const organization = text('organization')
  const module = text('module')
  const person = personOf(text)
  const { attributes, quantity } = given
  return {
    line,
    about: [person.name, product ? `${entitlement} of ${product}` : entitlement, organization, module]
      .filter((part) => part !== '')
      .join(' '),
    allowed: allowedOf(given.allowed),
    request: create(CheckRequestSchema, {
      subject: { subject: { case: 'principal', value: person.principal } },
      entitlement,
      tenant: asked.tenant ?? '',
      ...(asked.atLeast !== undefined && {
        consistency: { demand: { case: 'atLeast', value: asked.atLeast } },
      }),
      ...(product !== '' && { resource: { kind: 'product', id: product } }),
      context: {
        organization,
        module,
        ...(isObject(attributes) && { attributes: attributes as Record<string, never> }),
      },
      ...(typeof quantity === 'number' && { quantity: BigInt(Math.trunc(quantity)) }),
    }),
  }
}

function personOf(text: (name: string) => string) {
  const [iss, sub, subject] = [text('iss'), text('sub'), text('subject')]
  if (subject !== '' && iss === '' && sub === '') return { name: subject, principal: { id: subject } }
  if (subject !== '' || iss === '' || sub === '') throw new Error('Say who it is: iss and sub, or subject.')
  return { name: sub, principal: { issuer: iss, subject: sub } }
}

function allowedOf(value: unknown): boolean {
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw new Error('"allowed" is true or false.')
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
