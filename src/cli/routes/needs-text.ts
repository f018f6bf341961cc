import type { Route } from '#core/route.ts'

/** What a route needs, in one line. */
export function needsText({ public: isPublic, any_of, all_of, context }: Route): string {
  if (isPublic) return 'nothing: it is public'
  const parts = [
    ...(all_of.length > 0 ? [`all of ${all_of.join(', ')}`] : []),
    ...(any_of.length > 0 ? [`any of ${any_of.join(', ')}`] : []),
  ]
  const fields = Object.entries(context).map(([field, name]) => `${field}={${name}}`)
  return [parts.join(' and '), ...(fields.length > 0 ? [`in ${fields.join(', ')}`] : [])].join(' ')
}
