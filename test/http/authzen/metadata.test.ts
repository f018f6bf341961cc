import { expect, test } from 'vitest'
import { canonicalJson } from '#http/authzen/canonical-json.ts'
import { metadataOf } from '#http/authzen/metadata.ts'

const pdp = (publicUrl: string, rest: string) => metadataOf(publicUrl, rest, undefined)?.policy_decision_point

test.each([
  ['https://pdp.example.com', '', 'https://pdp.example.com'],
  ['https://pdp.example.com', 'acme', 'https://pdp.example.com/acme'],
  ['https://example.com:8443/a/pdp', 'a/pdp', 'https://example.com:8443/a/pdp'],
  ['https://example.com/a/pdp', 'a/pdp/acme', 'https://example.com/a/pdp/acme'],
])('V68 of %s the identifier at "%s" is the one that it was asked by', (publicUrl, rest, identifier) => {
  expect(pdp(publicUrl, rest)).toBe(identifier)
})

test.each([
  ['https://pdp.example.com', 'a/b'],
  ['https://pdp.example.com', 'Acme'],
  ['https://pdp.example.com', '..'],
  ['https://pdp.example.com', '@evil.example'],
  ['https://example.com/pdp', ''],
  ['https://example.com/pdp', 'pdp/'],
  ['https://example.com/pdp', 'pdpx/acme'],
  ['https://example.com/pdp', 'acme'],
])('V68 of %s there is nothing at "%s"', (publicUrl, rest) => {
  expect(pdp(publicUrl, rest)).toBeUndefined()
})

test('access requests are announced where they can be made, and only there', () => {
  const url = 'https://shop.example.com/requests'
  expect(metadataOf('https://pdp.example.com', '', url)).toMatchObject({
    access_request_endpoint: url,
    capabilities: ['urn:openid:authzen:capability:access-request'],
  })
  expect(metadataOf('https://pdp.example.com', '', undefined)).not.toHaveProperty('capabilities')
})

test('a value has one text, in whatever order it was written', () => {
  const one = canonicalJson({ b: [{ d: 1, c: 2 }], a: null })
  expect(canonicalJson({ a: null, b: [{ c: 2, d: 1 }] })).toBe(one)
  expect(canonicalJson({ a: null, b: [{ c: 2, d: '1' }] })).not.toBe(one)
})
