// Builds the committed bundles. Run it after each change below policies/.
import { writeFile } from 'node:fs/promises'
import { buildFrom } from '#bundle/build-bundle.ts'
import { opaVersion } from '#bundle/opa.ts'
import { openBundle } from '#bundle/open-bundle.ts'
import { shippedBundles } from '#bundle/shipped-bundles.ts'
import { loadPolicy } from '#policy/load-policy.ts'
import { locateOpa, root } from './locate-opa.ts'

const found = await locateOpa(true)
if (!found.opa) throw new Error(found.reason)
if (found.opa.version !== opaVersion)
  throw new Error(`OPA ${opaVersion} is pinned, this is ${found.opa.version}`)
for (const { file, sources } of shippedBundles(root)) {
  const bytes = await buildFrom(await sources(), found.opa.path)
  const { revision } = await openBundle(bytes, { loadPolicy })
  await writeFile(file, bytes)
  process.stdout.write(`${file.slice(root.length + 1)} ${revision}\n`)
}
