/**
 * Patterns by their segments, each with what stands there. Where several fit a path, a plain segment comes before a
 * parameter, and that before a rest, from the left: what a router does. It is built anew for every change of routes, so
 * it has to be cheap to build, where routers compile functions for each pattern.
 */
export class PathTree<T> {
  readonly #root: Branch<T> = branch()

  /** What stands at a pattern; made where it is new. The text of a parameter's name does not count. */
  at(segments: readonly Segment[], make: () => T): T {
    let node = this.#root
    for (const segment of segments) {
      if (segment.kind === 'rest') {
        node.rest ??= make()
        return node.rest
      }
      node = segment.kind === 'plain' ? plainChild(node, segment.text) : paramChild(node)
    }
    node.here ??= make()
    return node.here
  }

  /** Values are those of parameters in their order, as they stand in the path. Each branch is looked at once at most. */
  find(path: string): { readonly found: T; readonly values: readonly string[] } | undefined {
    const values: string[] = []
    const found = search(this.#root, path.slice(1).split('/'), 0, values)
    return found === undefined ? undefined : { found, values }
  }
}

export type Segment =
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'rest'; readonly name: string }

type Branch<T> = {
  readonly plain: Map<string, Branch<T>>
  param: Branch<T> | undefined
  here: T | undefined
  rest: T | undefined
}

function branch<T>(): Branch<T> {
  return { plain: new Map(), param: undefined, here: undefined, rest: undefined }
}

function plainChild<T>(node: Branch<T>, text: string): Branch<T> {
  const known = node.plain.get(text)
  if (known !== undefined) return known
  const made = branch<T>()
  node.plain.set(text, made)
  return made
}

function paramChild<T>(node: Branch<T>): Branch<T> {
  node.param ??= branch<T>()
  return node.param
}

function search<T>(
  node: Branch<T>,
  segments: readonly string[],
  depth: number,
  values: string[],
): T | undefined {
  const segment = segments[depth]
  if (segment === undefined) return node.here
  const plain = node.plain.get(segment)
  if (plain !== undefined) {
    const found = search(plain, segments, depth + 1, values)
    if (found !== undefined) return found
  }
  // The segment after a slash at the end is none: it has no value.
  if (segment === '') return undefined
  if (node.param !== undefined) {
    values.push(segment)
    const found = search(node.param, segments, depth + 1, values)
    if (found !== undefined) return found
    values.pop()
  }
  if (node.rest !== undefined) values.push(segments.slice(depth).join('/'))
  return node.rest
}
