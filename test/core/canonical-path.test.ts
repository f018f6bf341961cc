import { expect, test } from 'vitest'
import { canonicalPath } from '#core/canonical-path.ts'

test.each([
  '/',
  '/a',
  '/a/',
  '/a/b.c-d_e~f',
  "/v1/docs:export/(x)/!$&'+,=@",
  '/caf%C3%A9/b%20c',
  '/a/...',
  '/.well-known/x',
])('V26 %s is what it says', (path) => {
  expect(canonicalPath(path)).toEqual({ path })
  expect(canonicalPath(`${path}?x=/../b%2f;c`)).toEqual({ path })
})

test.each([
  ['/a//b', 'an empty segment'],
  ['//a', 'an empty segment'],
  ['/./a', 'a dot segment'],
  ['/a/../b', 'a dot segment'],
  ['/a/..', 'a dot segment'],
  ['/a/%2e%2e/b', 'a needless escape'],
  ['/a/.%2E/b', 'a needless escape'],
  ['/a%2fb', 'an escaped separator'],
  ['/a%2Fb', 'an escaped separator'],
  ['/a%5cb', 'an escaped separator'],
  ['/a\\b', 'a character that is not plain'],
  ['/a;x=1', 'a character that is not plain'],
  ['/a%3Bx=1', 'an escaped separator'],
  ['/a#b', 'a fragment'],
  ['/a?x#b', 'a fragment'],
  ['/a%23b', 'an escaped separator'],
  ['/a%3Fb', 'an escaped separator'],
  ['/a%00', 'a control character'],
  ['/a\u0000', 'a character that is not plain'],
  ['/a%0d%0ab', 'a control character'],
  ['/a%7F', 'a control character'],
  ['/a%C2%85', 'a control character'],
  ['/a/%252e%252e/b', 'an escaped separator'],
  ['/%61', 'a needless escape'],
  ['/a%', 'a broken escape'],
  ['/a%2', 'a broken escape'],
  ['/a%zz', 'a broken escape'],
  ['/%c0%af', 'no UTF-8'],
  ['/%C0%AE%C0%AE/a', 'no UTF-8'],
  ['/a%EF%BC%8Fb', 'an escaped separator'],
  ['/%EF%BC%8E%EF%BC%8E/a', 'a dot segment'],
  ['/%E2%80%A5/a', 'a dot segment'],
  ['/é', 'a character that is not plain'],
  ['/a b', 'a character that is not plain'],
  ['/a*b', 'a character that is not plain'],
  ['a', 'no absolute path'],
  ['', 'no absolute path'],
  ['*', 'no absolute path'],
  ['http://h/a', 'no absolute path'],
  [`/${'a'.repeat(8192)}`, 'too long'],
])('V26 V49 %s is refused', (target, refused) => {
  expect(canonicalPath(target)).toEqual({ refused })
})
