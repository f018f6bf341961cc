import { expect, test } from 'vitest'
import { loadConfig } from '#config'

const baseOf = (text: string) => loadConfig({ env: { STRIPE_API_BASE: text } }).stripeApiBase?.href

test('a stand-in for Stripe is named by host and port', () => {
  expect(baseOf('http://127.0.0.1:12111')).toBe('http://127.0.0.1:12111/')
  expect(baseOf('http://localhost:12111/')).toBe('http://localhost:12111/')
  expect(baseOf('http://[::1]:12111')).toBe('http://[::1]:12111/')
  expect(baseOf('https://stripe.example.com')).toBe('https://stripe.example.com/')
})

test('a key is never sent elsewhere in the clear', () => {
  const refused = [
    'http://example.com',
    'http://10.0.0.1:80',
    'http://127.0.0.1.example.com',
    'ftp://127.0.0.1',
    'x',
  ]
  for (const text of refused) expect(() => baseOf(text), text).toThrow(/STRIPE_API_BASE/)
  const behind = [
    'https://u:p@example.com',
    'https://example.com/v1',
    'https://example.com/?a=1',
    'https://example.com/#x',
  ]
  for (const text of behind) expect(() => baseOf(text), text).toThrow(/a host and a port/)
})
