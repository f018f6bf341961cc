import type { Told } from './told.ts'

/**
 * The headers' values in the order of their names. A header that is missing, empty or there twice says nothing: somebody
 * on the way would have read another value than we do.
 */
export function onlyValues<const Names extends readonly string[]>(
  { headers }: Told,
  names: Names,
): { readonly [At in keyof Names]: string } | { readonly unclear: string } {
  const found = []
  for (const name of names) {
    const [value = '', ...others] = headers[name] ?? []
    if (value === '') return { unclear: `no ${name}` }
    if (others.length > 0) return { unclear: `several ${name}` }
    found.push(value)
  }
  return found as { [At in keyof Names]: string }
}
