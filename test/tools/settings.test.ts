import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { settings } from '#config'
import { renderSettings, settingsPage } from '#tools/settings.ts'

test('the page of settings is fresh: npm run docs:settings', () => {
  expect(readFileSync(settingsPage, 'utf8')).toBe(renderSettings())
})

test.each(Object.values(settings))('$name has one sentence and one default', ({ says, ...setting }) => {
  expect(says).toMatch(/^[A-Z/].*\.$/)
  expect(['fallback' in setting, 'unset' in setting].filter(Boolean)).toHaveLength(1)
})
