import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDocument, stringify } from 'yaml'
import { CatalogRefused, readDocument } from '#cli/catalog/read-document.ts'
import { anyCatalog } from '#test/administration/any-catalog.ts'
import { catalogSchema, catalogSchemaFile, renderCatalogSchema } from '#tools/catalog-schema.ts'

const valid = new Ajv({ strict: false, unicodeRegExp: true }).compile(catalogSchema())

test('the schema of a catalogue is fresh: npm run docs:api', () => {
  expect(readFileSync(catalogSchemaFile, 'utf8')).toBe(renderCatalogSchema())
})

function accepts(document: unknown): boolean {
  try {
    readDocument(stringify(document))
    return true
  } catch (error) {
    if (error instanceof CatalogRefused) return false
    throw error
  }
}

test('the schema and the reader take any catalogue that is one', () => {
  fc.assert(
    fc.property(anyCatalog, (catalog) => {
      expect(valid(catalog), JSON.stringify(valid.errors)).toBe(true)
      expect(accepts(catalog)).toBe(true)
    }),
    { numRuns: 100 },
  )
})

/** A value somewhere in it replaced, or a field added, renamed or taken away. */
const damaged = fc
  .tuple(anyCatalog, fc.nat(), fc.integer({ min: 0, max: 3 }), fc.jsonValue({ maxDepth: 1 }))
  .map(([catalog, at, how, value]) => {
    const copy = structuredClone(catalog) as unknown as Record<string, unknown>
    const places: [Record<string, unknown>, string][] = []
    const walk = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return
      for (const key of Object.keys(node)) {
        places.push([node as Record<string, unknown>, key])
        walk((node as Record<string, unknown>)[key])
      }
    }
    walk(copy)
    const place = places[at % Math.max(1, places.length)]
    if (!place) return copy
    const [node, key] = place
    if (how === 0) node[key] = value
    else if (how === 1) node[`${key}x`] = node[key]
    else if (how === 2) Array.isArray(node) ? node.splice(Number(key), 1) : delete node[key]
    else node[key] = typeof node[key] === 'string' ? `${node[key]}\u0000É` : [node[key]]
    return copy
  })

test('an editor objects to nothing that apply takes, also of a damaged catalogue', () => {
  fc.assert(
    fc.property(damaged, (document) => {
      if (accepts(document)) expect(valid(document), JSON.stringify([valid.errors, document])).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test.each([
  [
    'entitlements:\n  - key: docs\n    kind: boolean\n    combnie: any',
    'line 4, entitlements[0].combnie: there is no such field; did you mean combine?',
  ],
  ['products:\n  - key: Not Good', 'line 2, products[0].key:'],
  [
    'plans:\n  - key: gold\n    kind: addon\n    items:\n      - entitlement: a\n      - entitlment: b',
    'line 6, plans[0].items[1].entitlment: there is no such field',
  ],
  ['entitlements:\n  - key: a\n    deny_as: many', 'line 3, entitlements[0].deny_as: this cannot be'],
  ['entitlements: none', 'line 1, entitlements: this is no list'],
  ['products:\n  - key:', 'line 2, products[0].key: this is empty'],
  ['products: [', 'line 1'],
  ['products:\n  - key: a\n    key: b', 'line 3'],
  ['- products', 'line 1: this is no mapping'],
  ['price_mappings:\n  - external_id: x', 'line 2, price_mappings[0]'],
])('a document that is none is told by line and path: %s', (text, said) => {
  const problems = () => {
    try {
      readDocument(text)
      return 'taken'
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(problems()).toContain(said)
  const document = parseDocument(text)
  if (document.errors.length === 0) expect(valid(document.toJS())).toBe(false)
})

test('a hostile document neither hangs nor fills the memory', () => {
  const bomb = `a: &a [x,x]\n${Array.from({ length: 30 }, (_, n) => `b${n}: &b${n} [*${n === 0 ? 'a' : `b${n - 1}`}, *${n === 0 ? 'a' : `b${n - 1}`}]`).join('\n')}`
  expect(() => readDocument(bomb)).toThrow()
  expect(() => readDocument('__proto__:\n  products: []')).toThrow('there is no such field')
})
