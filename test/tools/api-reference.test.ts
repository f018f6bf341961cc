import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { apiPage, helpFile, renderApi } from '#tools/api-reference.ts'

const { page, help } = renderApi()

test('S003-42 the reference of the API is fresh: npm run docs:api', () => {
  expect(readFileSync(apiPage, 'utf8')).toBe(page)
})

test('the help of the command line is fresh: npm run docs:api', () => {
  expect(readFileSync(helpFile, 'utf8')).toBe(help)
})

test('everything in it is explained', () => {
  const { services, fields } = JSON.parse(help)
  expect(Object.entries(fields).filter(([, says]) => says === '')).toEqual([])
  for (const service of Object.values<{ says: string; verbs: object }>(services)) {
    expect(service.says).not.toBe('')
    for (const verb of Object.values(service.verbs)) expect(verb.says).not.toBe('')
  }
})
