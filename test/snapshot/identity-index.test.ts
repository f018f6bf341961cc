import { expect, test } from 'vitest'
import { Curtain } from '#snapshot/curtain.ts'
import { Dictionary } from '#snapshot/dictionary.ts'
import { IdentityIndex } from '#snapshot/identity-index.ts'
import { SeededHash } from '#snapshot/seeded-hash.ts'

const hash = new SeededHash(new Uint32Array([1, 2]))

test('S003-26 the names at one identity provider are those that lead to a subject', () => {
  const index = new IdentityIndex({ hash, curtain: new Curtain(), names: new Dictionary() })
  // Enough issuers that one number begins like another.
  for (let n = 1; n <= 12; n++) index.set(`https://id-${n}.example`, `2:alice-${n}`, n)
  index.set('https://id-1.example', 'bob', 20)
  index.set('https://id-1.example', 'carol', 21)
  index.set('https://id-1.example', 'carol', 22)
  index.set('https://id-1.example', 'gone', 23)
  index.delete('https://id-1.example', 'gone')
  const named = (iss: string) => [...index.named(iss)].sort(([a], [b]) => a - b)
  expect(named('https://id-1.example')).toEqual([
    [1, '2:alice-1'],
    [20, 'bob'],
    [22, 'carol'],
  ])
  expect(named('https://id-12.example')).toEqual([[12, '2:alice-12']])
  expect(named('https://nobody.example')).toEqual([])
  for (const [slot, sub] of named('https://id-1.example'))
    expect(index.find('https://id-1.example', sub)).toBe(slot)
})
