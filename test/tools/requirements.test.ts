import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  allProofs,
  proofsIn,
  renderRequirements,
  requirementGroups,
  requirementsPage,
} from '#tools/requirements.ts'

test('the page of requirements is fresh: npm run docs:requirements', () => {
  expect(readFileSync(requirementsPage, 'utf8')).toBe(renderRequirements(requirementGroups(), allProofs()))
})

test('every number that a test names is a listed requirement', () => {
  const numbers = new Set(requirementGroups().flatMap((group) => Object.keys(group.requirements)))
  expect([...allProofs().keys()].filter((number) => !numbers.has(number))).toEqual([])
})

test('names in every kind of quotes count, with each number in them', () => {
  const text = `
test('S000-21 a token with alg none is refused', () => {})
test.each([1])("V30 %s, V31 too", () => {})
describe(\`C-6 and F12 with \${x}\`, () => {})`
  const proofs = proofsIn('test/a.test.ts', text)
  expect([...proofs.keys()]).toEqual(['S000-21', 'V30', 'V31', 'C-6', 'F12'])
  expect(proofs.get('S000-21')).toEqual([
    { file: 'test/a.test.ts', name: 'S000-21 a token with alg none is refused' },
  ])
})

test('a skipped or planned test, a bare word and a comment prove nothing', () => {
  const text = `
test.skip('S000-1 later', () => {})
test.todo('S000-2 later')
const version = 'V1'
// S000-3 is proven elsewhere`
  expect([...proofsIn('test/a.test.ts', text).keys()]).toEqual([])
})

test('the notes of policy cases count', () => {
  const text = '- note: "S001-1 an open product"\n  ask: {}\n- note: plain\n'
  expect([...proofsIn('policies/cases/a.yaml', text).keys()]).toEqual(['S001-1'])
})

test('a requirement without a test stays visibly open', () => {
  const groups = [{ title: 'G', requirements: { 'S000-1': 'one', 'S000-2': 'two' } }]
  const page = renderRequirements(groups, new Map([['S000-1', [{ file: 'f', name: 'S000-1 | x' }]]]))
  expect(page).toContain('| S000-1 | one | `f`: S000-1 \\| x |')
  expect(page).toContain('| S000-2 | two | **open** |')
  expect(page).toContain('1 of 2 are proven')
})
