import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { opaVersion, resolveOpa } from '#bundle/opa.ts'
import { opa, policiesDir, root, withoutOpa } from './shipped.ts'

const nowhere = {
  toolsDir: join(root, 'tools'),
  cacheDir: join(tmpdir(), 'vouchsafe-no-such-folder'),
  build: false,
}

test('the pinned version is the one of tools/go.mod', async () => {
  const mod = await readFile(join(root, 'tools/go.mod'), 'utf8')
  expect(mod).toContain(`github.com/open-policy-agent/opa v${opaVersion}`)
})

test('an explicit path that does not work is not replaced by another', async () => {
  expect(await resolveOpa({ ...nowhere, explicit: process.execPath })).toEqual({
    reason: `${process.execPath} is no OPA 1.x that runs`,
  })
})

test.skipIf(withoutOpa)('an explicit path is used', async () => {
  const found = await resolveOpa({ ...nowhere, explicit: opa.opa?.path })
  expect(found).toEqual(opa)
})

test.skipIf(withoutOpa || opa.opa?.path === 'opa')('a built one is found in the cache', async () => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'vouchsafe-opa-'))
  try {
    await symlink(opa.opa?.path ?? '', join(cacheDir, `opa-${opaVersion}`))
    const found = await resolveOpa({ ...nowhere, cacheDir })
    expect(found.opa?.version).toBe(opa.opa?.version)
  } finally {
    await rm(cacheDir, { recursive: true, force: true })
  }
})

test('the capabilities have none of the built-ins that hang, differ or are absent', async () => {
  const { builtins, features } = JSON.parse(
    await readFile(join(policiesDir, 'capabilities.json'), 'utf8'),
  ) as {
    readonly builtins: readonly { readonly name: string }[]
    readonly features: readonly string[]
  }
  const names = builtins.map(({ name }) => name)
  const banned =
    /^(sprintf|regex\.split|yaml\..*|rand\..*|time\..*|http\..*|opa\..*|net\.lookup.*|crypto\..*|io\..*)$/
  expect(names.filter((name) => banned.test(name))).toEqual([])
  expect(names).toContain('sum')
  expect(features).toEqual(['rego_v1'])
})
