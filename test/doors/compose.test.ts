import { existsSync, globSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { example } from './forward-auth-world.ts'

const examples = resolve(import.meta.dirname, '../../examples')

type Service = {
  readonly image?: string
  readonly network_mode?: string
  readonly volumes?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly entrypoint?: string
}

const composed = globSync('*/compose.yaml', { cwd: examples }).sort()

describe.each(composed)('examples/%s', (path) => {
  const folder = join(path, '..')
  const { services } = parse(example(path)) as { readonly services: Readonly<Record<string, Service>> }

  test('the containers of each example are three, of named versions, and mount what is there', () => {
    expect(Object.keys(services).sort()).toEqual([folder, 'upstream', 'vouchsafe'].sort())
    for (const { image = '', volumes = [], network_mode } of Object.values(services)) {
      expect(image).toMatch(/^[\w/-]+:v?\d[\w.-]*$/)
      if (image !== 'node:26') expect(network_mode).toBe('service:vouchsafe')
      for (const from of volumes.map((each) => each.split(':')[0] ?? '')) {
        if (from.startsWith('.'))
          expect([from, existsSync(join(examples, folder, from))]).toEqual([from, true])
      }
    }
  })

  test('what its start replaces is in the file once, and is where the gateway listens', () => {
    const { entrypoint = '', volumes = [] } = services[folder] ?? {}
    const edit =
      /sed '(?:s\/(?<old>[^/]+)\/(?<now>[^/]*)\/|\/(?<gone>[^/]+)\/d)' \/?\S*?(?<file>[\w.]+) >/.exec(
        entrypoint,
      )
    // Kong and APISIX listen everywhere by themselves.
    if (edit === null) return expect(['kong', 'apisix']).toContain(folder)
    const { old = edit.groups?.gone ?? '', file = '' } = edit.groups ?? {}
    const mounted = volumes.map((each) => each.split(':')).find(([, to = '']) => to.endsWith(`/${file}`))
    const text = example(join(folder, mounted?.[0] ?? ''))
    expect(text.split(old)).toHaveLength(2)
    expect(old).toMatch(/127\.0\.0\.1/)
  })
})

test('every gateway that is not a library has containers', () => {
  expect(composed.map((path) => path.split('/')[0])).toEqual([
    'apisix',
    'caddy',
    'envoy',
    'haproxy',
    'kong',
    'nginx',
    'traefik',
  ])
})
