/** What an operation says that it needs. */
export type Needs = {
  readonly public: boolean
  readonly any_of: readonly string[]
  readonly all_of: readonly string[]
  /** Field of the question → parameter, as the document names it. */
  readonly context: Readonly<Record<string, string>>
  /** Whether a gateway may have seen a part of the body only. */
  readonly partial_body: boolean
}

type Fields = Readonly<Record<string, unknown>>
const known = ['any_of', 'all_of', 'public', 'context', 'partial_body']

/** `x-entitlements`: a key, a list of keys (all of them), or {any_of, all_of, public, context, partial_body}. A text: why it is none. */
export function entitlementNeeds(value: unknown): Needs | string {
  if (typeof value === 'string') return needs({ all_of: [value] })
  if (Array.isArray(value)) return entitlementNeeds({ all_of: value })
  if (typeof value !== 'object' || value === null)
    return 'x-entitlements is a key, a list of keys, or a mapping'
  const fields = value as Fields
  const stray = Object.keys(fields).find((name) => !known.includes(name))
  if (stray !== undefined) return `x-entitlements has no field ${stray}`
  const { any_of = [], all_of = [], public: isPublic = false, context = {}, partial_body = false } = fields
  if (!isTexts(any_of) || !isTexts(all_of)) return 'any_of and all_of of x-entitlements are lists of keys'
  if (typeof isPublic !== 'boolean') return 'public of x-entitlements is true or false'
  if (typeof partial_body !== 'boolean') return 'partial_body of x-entitlements is true or false'
  if (typeof context !== 'object' || context === null || !isTexts(Object.values(context))) {
    return 'context of x-entitlements leads from fields to parameters'
  }
  if (isPublic !== (any_of.length + all_of.length === 0)) {
    return 'x-entitlements names what is needed, or says public: true'
  }
  return { public: isPublic, any_of, all_of, context: context as Needs['context'], partial_body }
}

/** `security`: each requirement is one way in, and needs all of its scopes. A text: why a route cannot say so. */
export function securityNeeds(value: unknown): Needs | string {
  if (!Array.isArray(value)) return 'security is a list of requirements'
  const ways = value.map((requirement) => Object.values((requirement ?? {}) as Fields))
  if (ways.length === 0 || ways.some((schemes) => schemes.length === 0)) return needs({ public: true })
  const scopes = ways.map((schemes) => schemes.flat()).filter(isTexts)
  if (scopes.length < ways.length) return 'the scopes of security are texts'
  if (scopes.some((way) => way.length === 0)) {
    return 'security names no scope: say what is needed as x-entitlements'
  }
  const [only, ...others] = scopes
  if (only !== undefined && others.length === 0) return needs({ all_of: only })
  if (scopes.every((way) => way.length === 1)) return needs({ any_of: scopes.flat() })
  return 'security has several ways of several scopes: say what is needed as x-entitlements'
}

export function needs(said: Partial<Needs>): Needs {
  return { public: false, any_of: [], all_of: [], context: {}, partial_body: false, ...said }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
