/** The value with every property of one of these names, at any depth, replaced by "[masked]"; their paths are noted. */
export function maskNames(value: unknown, names: ReadonlySet<string>, masked: string[], path = ''): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value))
    return value.map((item, index) => maskNames(item, names, masked, `${path}/${index}`))
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const here = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      if (!names.has(name)) return [name, maskNames(inner, names, masked, here)]
      masked.push(here)
      return [name, '[masked]']
    }),
  )
}
