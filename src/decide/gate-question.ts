import type { JsonObject } from '#core/json.ts'
import type { Question, QuestionContext, ResourceKind } from './verbs.ts'

const resourceKinds: readonly ResourceKind[] = ['product', 'content', 'navigation']

/**
 * The questions of a route: its context says which parameter of the path is the organization, the module, or the product,
 * content or navigation entry asked about; every other field is an attribute.
 */
export function questionsOf(
  fields: Readonly<Record<string, string>>,
  params: Readonly<Record<string, string>>,
): (entitlement: string) => Question {
  const said = new Map(Object.entries(fields).map(([field, param]) => [field, params[param] ?? '']))
  const kind = resourceKinds.find((each) => said.has(each))
  const taken = new Set<string>(['organization', 'module', ...(kind === undefined ? [] : [kind])])
  const attributes: JsonObject = Object.fromEntries([...said].filter(([field]) => !taken.has(field)))
  const context: QuestionContext = { ...named('organization'), ...named('module'), attributes }
  const resource = kind && { kind, id: said.get(kind) ?? '' }
  return (entitlement) => ({
    entitlement,
    ...(resource && { resource }),
    context,
    quantity: 1,
    explain: false,
  })

  function named<const Field extends 'organization' | 'module'>(field: Field) {
    const value = said.get(field)
    return value === undefined ? {} : ({ [field]: value } as { [key in Field]: string })
  }
}
