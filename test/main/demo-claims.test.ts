import { expect, test } from 'vitest'
import { demoClaims } from '#main/demo-claims.ts'

test('a person of the demo has the claims of their story, a stranger none', () => {
  expect(demoClaims('bob')).toEqual({ tier: 'supporter' })
  expect(demoClaims('judy')).toEqual({ roles: ['learn_member'] })
  expect(demoClaims('mallory')).toEqual({})
})
