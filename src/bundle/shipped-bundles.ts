import { join } from 'node:path'
import { type PolicySources, readSources } from './policy-sources.ts'

/** A bundle that the repository ships, and what it is built from. */
export type ShippedBundle = { readonly file: string; readonly sources: () => Promise<PolicySources> }

/** The default, and the demo's second: the same policies and what lies in bundles/demo-second/. */
export function shippedBundles(root: string): readonly ShippedBundle[] {
  const policies = () => readSources(join(root, 'policies'))
  return [
    { file: join(root, 'bundles/default.tar.gz'), sources: policies },
    {
      file: join(root, 'bundles/demo-second.tar.gz'),
      sources: async () => overlaid(await policies(), await readSources(join(root, 'bundles/demo-second'))),
    },
  ]
}

function overlaid(below: PolicySources, above: PolicySources): PolicySources {
  return new Map([...below, ...above].sort(([a], [b]) => (a < b ? -1 : 1)))
}
