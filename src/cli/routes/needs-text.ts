import type { Route } from '#core/route.ts'

/** What a route needs, in one line. */
export function needsText({ public: isPublic, any_of, all_of, context, partial_body }: Route): string {
  const body = partial_body ? '; a part of its body is enough' : ''
  if (isPublic) return `nothing: it is public${body}`
  const parts = [
    ...(all_of.length > 0 ? [`all of ${all_of.join(', ')}`] : []),
    ...(any_of.length > 0 ? [`any of ${any_of.join(', ')}`] : []),
  ]
  const fields = Object.entries(context).map(([field, name]) => `${field}={${name}}`)
  const needs = [parts.join(' and '), ...(fields.length > 0 ? [`in ${fields.join(', ')}`] : [])].join(' ')
  return `${needs}${body}`
}
