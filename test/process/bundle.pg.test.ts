import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withoutOpa } from '#test/bundle/shipped.ts'
import { damagedBundles } from './damaged-bundles.ts'
import { demoServer } from './demo-server.ts'
import { processesOf } from './processes.ts'
import { finished, metric, ownPorts, root, stop, temporaryFolder } from './vouchsafe.ts'

const patience = 120_000
const refusedCount = 'vouchsafe_bundle_refused_total'

test(
  'F24 F25 F27 M-5 a bundle that cannot be used is refused and the old one serves; a good one is swapped in',
  async () => {
    const file = join(temporaryFolder(), 'bundle.tar.gz')
    const put = (bytes: Uint8Array) => {
      writeFileSync(`${file}.new`, bytes)
      renameSync(`${file}.new`, file)
    }
    put(readFileSync(join(root, 'bundles/default.tar.gz')))
    const { server, addresses, ask } = await demoServer({ env: { VOUCHSAFE_BUNDLE: file } })
    const before = await ask('early_access')
    expect(before.allowed).toBe(false)

    const damaged = await damagedBundles()
    for (const [index, { what, bytes, why }] of damaged.entries()) {
      put(bytes)
      await expect.poll(() => metric(addresses, refusedCount), { timeout: 20_000 }).toBe(index + 1)
      const said = server
        .err()
        .split('\n')
        .filter((line) => line.includes('"bundle refused'))
      expect(JSON.parse(said.at(-1) ?? '{}'), what).toMatchObject({ level: 'error' })
      expect(said.at(-1), what).toMatch(why)
      const { allowed, bundleRevision, reasons } = await ask('early_access')
      expect({ allowed, bundleRevision, code: reasons[0]?.code }, what).toEqual({
        allowed: false,
        bundleRevision: before.bundleRevision,
        code: 'NO_GRANT',
      })
    }

    // A file that is gone is told of once, not at every look.
    rmSync(file)
    await expect.poll(() => metric(addresses, refusedCount)).toBe(damaged.length + 1)

    put(readFileSync(join(root, 'bundles/demo-second.tar.gz')))
    await expect.poll(async () => (await ask('early_access')).allowed, { timeout: 20_000 }).toBe(true)
    expect(await metric(addresses, refusedCount)).toBe(damaged.length + 1)
    await stop(server)
  },
  patience,
)

test(
  'F24 a start on a bundle that cannot be used is refused with the reason',
  async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'bundle.tar.gz')
    writeFileSync(file, 'no bundle')
    // On no settings but these: the embedded database, started for it, must be gone again.
    const env = { ...ownPorts(join(folder, 'data')), VOUCHSAFE_BUNDLE: file }
    const { code, out, err } = await finished(['serve'], { env })
    expect({ code, out }).toEqual({ code: 78, out: '' })
    expect(err).toContain(`VOUCHSAFE_BUNDLE: the policies of ${file} cannot be used: It is no readable gzip.`)
    expect(err).not.toContain('the old one')
    expect(processesOf(folder)).toEqual([])
  },
  patience,
)

// Skipped without opa: there is nothing to compile an edited policy with.
test.skipIf(withoutOpa)(
  'S000-19 dev takes an edited policy, and keeps the old ones where it does not compile',
  async () => {
    const policies = join(temporaryFolder(), 'policies')
    cpSync(join(root, 'policies'), policies, { recursive: true })
    const command = ['dev', '--policies', policies]
    const { server, addresses, ask } = await demoServer({ command })
    expect((await ask('early_access')).allowed).toBe(false)

    const broken = join(policies, 'custom/demo/business_hours/broken.rego')
    writeFileSync(broken, 'package custom.demo.business_hours\nallow if {')
    await expect.poll(() => metric(addresses, refusedCount), { timeout: 30_000 }).toBeGreaterThan(0)
    expect(server.err()).toContain('broken.rego')
    expect((await ask('early_access')).allowed).toBe(false)

    rmSync(broken)
    cpSync(join(root, 'bundles/demo-second'), policies, { recursive: true })
    await expect.poll(async () => (await ask('early_access')).allowed, { timeout: 30_000 }).toBe(true)
    await stop(server)
  },
  patience,
)
