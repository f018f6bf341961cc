import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { followFile } from '#bundle/follow-file.ts'
import { followPolicies } from '#bundle/follow-policies.ts'
import { createBundleHolder } from '#bundle/holder.ts'
import { loadPolicy } from '#policy/load-policy.ts'
import { asking, grant } from '#test/policy/inputs.ts'
import { defaultBytes, opaPath, policiesDir, secondBytes, withoutOpa } from './shipped.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'vouchsafe-follow-'))
  undo.push(() => rm(dir, { recursive: true, force: true }))
  return dir
}

const eventually = { timeout: 15_000, interval: 20 }

test('a bundle that is replaced by a rename is taken, a broken one is not', async () => {
  const path = join(await folder(), 'bundle.tar.gz')
  await writeFile(path, defaultBytes)
  const holder = createBundleHolder({ now: () => 5, loadPolicy })
  const following = await followFile({ path, holder, pollMs: 100 })
  undo.push(following.close)
  expect(following.first.activated).toBe(true)
  const first = holder.current()?.revision

  await writeFile(`${path}.next`, secondBytes)
  await rename(`${path}.next`, path)
  await vi.waitFor(() => expect(holder.current()?.revision).not.toBe(first), eventually)

  const second = holder.current()?.revision
  await writeFile(path, 'broken')
  await vi.waitFor(() => expect(holder.status().last_error).toBeDefined(), eventually)
  expect(holder.current()?.revision).toBe(second)
})

test('a file that is not there yet is taken when it comes', async () => {
  const path = join(await folder(), 'bundle.tar.gz')
  const holder = createBundleHolder({ now: () => 5, loadPolicy })
  const following = await followFile({ path, holder, pollMs: 100 })
  undo.push(following.close)
  expect(following.first.activated).toBe(false)
  await writeFile(path, defaultBytes)
  await vi.waitFor(() => expect(holder.current()).toBeDefined(), eventually)
})

test.skipIf(withoutOpa)(
  'S000-19 a changed policy is built and taken at once; one that does not compile is not',
  async () => {
    const dir = join(await folder(), 'policies')
    await cp(policiesDir, dir, { recursive: true })
    const holder = createBundleHolder({ now: () => 5, loadPolicy })
    const following = await followPolicies({ policiesDir: dir, opaPath, holder })
    undo.push(following.close)
    expect(following.first.activated).toBe(true)

    const rule = join(dir, 'custom/demo/business_hours/business_hours.rego')
    await writeFile(rule, 'package custom.demo.business_hours\n\npass if {\n')
    await vi.waitFor(() => expect(holder.status().last_error).toContain('business_hours'), eventually)
    expect(holder.current()).toBeDefined()

    await writeFile(
      rule,
      [
        '# METADATA',
        '# title: Never',
        '# custom:',
        '#   tenants: [umbrella]',
        '#   modules: ["*"]',
        'package custom.demo.business_hours',
        '',
        'pass if input.quantity < 0',
      ].join('\n'),
    )
    await rm(join(dir, 'cases/custom-demo.yaml'))
    const asked = asking({ grants: [grant()], tenant: { id: 'tnt_2', key: 'umbrella', grace_days: 7 } })
    await vi.waitFor(() => {
      const verdict = holder.current()?.evaluate(JSON.stringify(asked), 'q_1')
      expect(verdict?.reasons).toEqual([{ code: 'GUARD_UNPROVEN', params: { guard: 'demo/business_hours' } }])
    }, eventually)
  },
  40_000,
)
