/** "grant" is the short form for giving a right; "routes" has more to do than the service. */
const names: Readonly<Record<string, string>> = { grant: 'grants', route: 'routes' }

/** The command of a service: ProductService → product, SeatPoolService → seat-pool. */
export function commandOf(service: string): string {
  const name = kebab(service.replace(/Service$/, ''))
  return names[name] ?? name
}

/** Other names that are easier to type. */
export const aliases: Readonly<Record<string, readonly string[]>> = {
  organization: ['org'],
  routes: ['route'],
}

/**
 * What is left of a method's name without the thing it is about, which the command says already:
 * RestrictProduct → restrict, PublishPlanVersion → publish-version, ListProducts → list.
 */
export function verbOf(service: string, method: string): string {
  const noun = kebab(service.replace(/Service$/, ''))
  const [verb = '', ...rest] = kebab(method).split('-')
  const about = rest.join('-')
  const left = [noun, plural(noun)].reduce(
    (text, each) => (`-${text}-`.startsWith(`-${each}-`) ? text.slice(each.length + 1) : text),
    about,
  )
  return left === '' ? verb : `${verb}-${left}`
}

export function kebab(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase()
}

function plural(noun: string): string {
  return noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`
}
