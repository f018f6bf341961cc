import { join } from 'node:path'
import { type PolicySources, readSources } from './policy-sources.ts'

/** A bundle that the repository ships, and what it is built from. */
export type ShippedBundle = { readonly file: string; readonly sources: () => Promise<PolicySources> }

/** The default, and those with more than its policies: what lies in bundles/<name>/. */
export function shippedBundles(root: string): readonly ShippedBundle[] {
  const policies = () => readSources(join(root, 'policies'))
  const more = (name: string): ShippedBundle => ({
    file: join(root, `bundles/${name}.tar.gz`),
    sources: async () => overlaid(await policies(), await readSources(join(root, 'bundles', name))),
  })
  const file = join(root, 'bundles/default.tar.gz')
  return [{ file, sources: policies }, more('demo-second'), more('authzen')]
}

function overlaid(below: PolicySources, above: PolicySources): PolicySources {
  return new Map([...below, ...above].sort(([a], [b]) => (a < b ? -1 : 1)))
}
