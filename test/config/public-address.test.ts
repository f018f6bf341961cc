import { expect, test } from 'vitest'
import { publicAddress } from '#config/public-address.ts'

test.each([
  ['https://pdp.example.com', 'https://pdp.example.com'],
  ['https://pdp.example.com/', 'https://pdp.example.com'],
  ['https://EXAMPLE.com:8443/a/pdp/', 'https://example.com:8443/a/pdp'],
  ['http://127.0.0.1:7071', 'http://127.0.0.1:7071'],
  ['http://[::1]:7071', 'http://[::1]:7071'],
])('V68 %s is taken as %s', (text, address) => {
  expect(publicAddress(text)).toBe(address)
})

test.each([
  'pdp.example.com',
  'ftp://pdp.example.com',
  'http://pdp.example.com',
  'https://name:word@pdp.example.com',
  'https://pdp.example.com/?tenant=a',
  'https://pdp.example.com/#a',
  'https://pdp.example.com/a//b',
  'https://pdp.example.com/a%2fb',
])('V68 %s is refused', (text) => {
  expect(() => publicAddress(text)).toThrow()
})
