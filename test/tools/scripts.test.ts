import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root })

test('every script of package.json names a file that is there', () => {
  const named = Object.values(scripts).flatMap(
    (command) => command.match(/\b(bin|tools)\/[\w-]+\.[jt]s\b/g) ?? [],
  )
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

test('every npm command that a page tells is there', () => {
  const told = pages.flatMap((page) =>
    [...read(page).matchAll(/npm run (?:-s )?([\w:-]+)/g)].map((match) => match[1] ?? ''),
  )
  expect(told.length).toBeGreaterThan(5)
  expect(told.filter((name) => scripts[name] === undefined)).toEqual([])
})

test('every link between pages leads to a file', () => {
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)]
      .map((match) => join(dirname(page), match[1] ?? ''))
      .filter((path) => !existsSync(join(root, path))),
  )
  expect(broken).toEqual([])
})

test('the test command of the readme is what .ci/run calls', () => {
  expect(read('README.md')).toContain('npm ci && npm test')
  expect(read('.ci/run')).toMatch(/^step 'install packages' npm ci$/m)
  expect(read('.ci/run')).toMatch(/^step 'tests' npm test$/m)
})
