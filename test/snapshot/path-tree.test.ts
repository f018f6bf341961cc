import fc from 'fast-check'
import createRouter from 'find-my-way'
import { expect, test } from 'vitest'
import { canonicalPath } from '#core/canonical-path.ts'
import { PathTree, type Segment } from '#snapshot/path-tree.ts'

const segment = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('a', 'b', 'a.b', 'v1:x').map((text) => ({ kind: 'plain', text }) as const),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'param', name: 'p' } as const) },
)
const pattern: fc.Arbitrary<readonly Segment[]> = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 5 }), fc.boolean())
  .map(([segments, rest]) => (rest ? [...segments, { kind: 'rest', name: 'r' } as const] : segments))
const path = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', 'a.b', 'v1:x', 'z', 'a%20b', 'A'), { minLength: 1, maxLength: 7 }),
    fc.boolean(),
  )
  .map(([segments, slash]) => `/${segments.join('/')}${slash ? '/' : ''}`)

/** The text of a pattern for the router, its parameters named by their place. */
function shapeOf(segments: readonly Segment[]): string {
  let params = 0
  const texts = segments.map((each) => {
    if (each.kind === 'plain') return each.text.replaceAll(':', '::')
    return each.kind === 'param' ? `:p${params++}` : '*'
  })
  return `/${texts.join('/')}`
}

test('S000-12 the tree finds what a router finds that many others rely on', () => {
  fc.assert(
    fc.property(
      fc.array(pattern, { maxLength: 12 }),
      fc.array(path, { minLength: 1, maxLength: 20 }),
      (patterns, paths) => {
        const tree = new PathTree<string>()
        const router = createRouter()
        const known = new Set<string>()
        for (const each of patterns) {
          const shape = shapeOf(each)
          tree.at(each, () => shape)
          if (!known.has(shape)) router.on('GET', shape, () => {}, shape)
          known.add(shape)
        }
        for (const each of paths) {
          expect(canonicalPath(each)).toEqual({ path: each })
          const theirs = router.find('GET', each)
          const ours = tree.find(each)
          // The router takes nothing for a value too, and a rest of nothing; a pattern of ours does not.
          if (each.endsWith('/')) continue
          expect(ours?.found).toBe(theirs?.store ?? undefined)
          const values = ours?.values.map(decodeURIComponent)
          if (theirs) expect(values).toEqual(Object.values(theirs.params))
        }
      },
    ),
    { numRuns: 1500 },
  )
})

test('a slash at the end is matched by the same slash alone, or within a rest', () => {
  const tree = new PathTree<string>()
  tree.at(
    [
      { kind: 'plain', text: 'a' },
      { kind: 'param', name: 'p' },
    ],
    () => 'param',
  )
  tree.at(
    [
      { kind: 'plain', text: 'b' },
      { kind: 'rest', name: 'r' },
    ],
    () => 'rest',
  )
  tree.at(
    [
      { kind: 'plain', text: 'c' },
      { kind: 'plain', text: '' },
    ],
    () => 'slash',
  )
  expect(tree.find('/a/')).toBeUndefined()
  expect(tree.find('/a/x/')).toBeUndefined()
  expect(tree.find('/b/')).toBeUndefined()
  expect(tree.find('/b/x/')).toEqual({ found: 'rest', values: ['x/'] })
  expect(tree.find('/c/')?.found).toBe('slash')
  expect(tree.find('/c')).toBeUndefined()
})

test('V24 a path that fits many patterns halfway visits each branch once', () => {
  const tree = new PathTree<number>()
  const depth = 12
  for (let bits = 0; bits < 2 ** depth; bits++) {
    const segments = Array.from({ length: depth }, (_, n) =>
      bits & (1 << n) ? ({ kind: 'param', name: 'p' } as const) : ({ kind: 'plain', text: 'a' } as const),
    )
    tree.at([...segments, { kind: 'plain', text: 'end' }], () => bits)
  }
  expect(tree.find(`${'/a'.repeat(depth)}/none`)).toBeUndefined()
  expect(tree.find(`${'/a'.repeat(2000)}`)).toBeUndefined()
})
