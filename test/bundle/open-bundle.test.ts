import { expect, test } from 'vitest'
import { createManifest, manifestName, manifestText, sha256, verifyManifest } from '#bundle/manifest.ts'
import { openBundle } from '#bundle/open-bundle.ts'
import type { Files } from '#bundle/read-archive.ts'
import { writeArchive } from '#bundle/write-archive.ts'
import { loadPolicy } from '#policy/load-policy.ts'
import { defaultBytes, defaultFiles, fileOf, secondBytes } from './shipped.ts'

const open = (bytes: Uint8Array) => openBundle(bytes, { loadPolicy })

/** The default bundle with files changed, removed or added, its manifest left as it is. */
function altered(changes: Readonly<Record<string, string | Uint8Array | undefined>>): Promise<Buffer> {
  return writeArchive(filesWith(changes))
}

/** The same, with a manifest that fits. */
function sealed(changes: Readonly<Record<string, string | Uint8Array | undefined>>): Promise<Buffer> {
  const files = new Map(filesWith(changes))
  files.delete(manifestName)
  const manifest = createManifest(files, ['vouchsafe', 'custom'], sha256(''))
  return writeArchive(files.set(manifestName, Buffer.from(manifestText(manifest))))
}

function filesWith(changes: Readonly<Record<string, string | Uint8Array | undefined>>): Map<string, Buffer> {
  const files = new Map(defaultFiles as Files)
  for (const [name, content] of Object.entries(changes)) {
    if (content === undefined) files.delete(name)
    else files.set(name, Buffer.from(content as Uint8Array))
  }
  return files
}

test('the shipped bundles open, with texts and different revisions', async () => {
  const [first, second] = await Promise.all([open(defaultBytes), open(secondBytes)])
  expect(first.revision).toMatch(/^[0-9a-f]{12}$/)
  expect(second.revision).not.toBe(first.revision)
  expect(first.texts.get('NO_GRANT')).toEqual({ title: 'Not included', text: 'Nothing gives {entitlement}.' })
  expect(first.texts.get('buy_plan')?.title).toBe('Buy a plan')
  expect(first.texts.get('POLICY_FAILED')?.title).toBe('The policy failed')
})

test('the manifest names its revision by the digest of all else', () => {
  const manifest = verifyManifest(defaultFiles)
  const { revision, ...rest } = manifest
  expect(sha256(JSON.stringify(rest)).slice(0, 12)).toBe(revision)
})

test.each([
  ['an altered file', { 'reasons.json': '{}' }, 'altered'],
  ['another module', { 'policy.wasm': Buffer.from('\0asm') }, 'altered'],
  ['a file more', { 'extra.json': '{}' }, 'not listed'],
  ['a file less', { 'data.json': undefined }, 'missing'],
  ['no manifest', { [manifestName]: undefined }, 'no manifest'],
  ['an empty manifest', { [manifestName]: '{}' }, 'manifest'],
  ['a manifest of other spelling', { [manifestName]: `${fileOf(defaultFiles, manifestName)} ` }, 'manifest'],
  [
    'a manifest that lists a key twice',
    { [manifestName]: fileOf(defaultFiles, manifestName).toString().replace('{', '{"revision":"x",') },
    'manifest',
  ],
  [
    'a manifest of another revision',
    {
      [manifestName]: fileOf(defaultFiles, manifestName)
        .toString()
        .replace(/"revision": "..../, '"revision": "0000'),
    },
    'manifest',
  ],
])('V1 F24 a bundle with %s is refused', async (_, changes, why) => {
  await expect(open(await altered(changes))).rejects.toThrow(why)
})

test.each([
  ['without a module', { 'policy.wasm': undefined }, 'policy.wasm'],
  ['with a broken module', { 'policy.wasm': 'x' }, ''],
  ['without data', { 'data.json': undefined }, 'data.json'],
  ['without texts', { 'reasons.json': undefined }, 'reasons.json'],
  ['with data that is no JSON', { 'data.json': '{' }, 'data.json'],
  [
    'without guards',
    { 'data.json': '{"vouchsafe":{"index":{"guards":[],"rules":["grant"],"custom":[]}}}' },
    'cases fail',
  ],
  ['without rules', { 'data.json': '{}' }, 'cases fail'],
])('F24 F29 a bundle that is whole but %s is refused', async (_, changes, why) => {
  await expect(open(await sealed(changes))).rejects.toThrow(why)
})

test('F29 a bundle that fails one of its own cases is refused, and says which', async () => {
  const [one, ...others] = JSON.parse(fileOf(defaultFiles, 'cases/grant.json').toString())
  const changed = [{ ...one, want: { allowed: false } }, ...others]
  await expect(open(await sealed({ 'cases/grant.json': JSON.stringify(changed) }))).rejects.toThrow(
    `1 of its .* cases fail: grant: ${one.note}`.replace('.*', String(countCases())),
  )
})

test('a bundle without cases is refused', async () => {
  const none = Object.fromEntries(
    [...defaultFiles.keys()].filter((name) => name.startsWith('cases/')).map((name) => [name, undefined]),
  )
  await expect(open(await sealed(none))).rejects.toThrow('no cases')
})

function countCases(): number {
  return [...defaultFiles]
    .filter(([name]) => name.startsWith('cases/'))
    .reduce((sum, [, content]) => sum + JSON.parse(content.toString()).length, 0)
}
