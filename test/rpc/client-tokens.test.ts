import { expect, test } from 'vitest'
import { clientTokens } from '#rpc/client-tokens.ts'

test.each([
  [[], []],
  [['Bearer abc'], ['abc']],
  [['bearer  abc '], ['abc']],
  [['Basic abc'], []],
  [['Bearer'], []],
  [['Bearer a b'], []],
  [['abc'], []],
  [[''], []],
])('the tokens of %j are %j', (headers, tokens) => {
  expect(clientTokens(headers)).toEqual(tokens)
})

test.each([
  [['Bearer a', 'Bearer b']],
  [['Bearer a,Bearer b']],
  [['Bearer a, bearer a']],
  [['Basic x', 'Bearer a']],
  [['Basic x,Bearer a']],
  [['Bearer a', '']],
  [['Bearer a,']],
])('V47 %j is no single token', (headers) => {
  expect(clientTokens(headers).length).toBeGreaterThan(1)
})
