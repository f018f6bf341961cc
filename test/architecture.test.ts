import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { violations } from './architecture/violations.ts'

const root = resolve(import.meta.dirname, '..')
const files = globSync('src/**/*.ts', { cwd: root }).map((path) => ({
  path,
  text: readFileSync(join(root, path), 'utf8'),
}))

test('M-7 66 src keeps to the layout of the design', () => {
  expect(files.length).toBeGreaterThan(10)
  expect(violations(files)).toEqual([])
})

test('no command waits for what only a server needs', () => {
  const found = new Set<string>()
  const follow = (path: string) => {
    const file = files.find((each) => each.path === path)
    if (!file || found.has(path)) return
    found.add(path)
    for (const [, alias, near] of file.text.matchAll(
      /^import (?!type)[^'\n]*?(?:\n[^']*?)?from '(?:#([^']+)|\.\/([^']+))'/gm,
    )) {
      if (alias) follow(`src/${alias.replace(/(?<!\.ts)$/, '.ts')}`)
      if (near) follow(join(dirname(path), near))
    }
  }
  follow('src/cli/main.ts')
  expect(found.size).toBeGreaterThan(50)
  expect([...found].filter((path) => /^src\/(rpc|grpc|http|snapshot)\//.test(path))).toEqual([])
})

describe('each rule sees a breach', () => {
  const breach = (path: string, text: string) => violations([{ path, text }])

  test.each([
    ['src/core/a.ts', "import { x } from '#postgres/x.ts'", 'core must not import postgres'],
    ['src/core/a.ts', "import { x } from 'zod'", 'core imports nothing'],
    ['src/core/a.ts', "import { readFileSync } from 'node:fs'", 'core imports nothing'],
    [
      'src/decide/a.ts',
      "import type {\n  X,\n  Y,\n} from '#identity/x.ts'",
      'decide must not import identity',
    ],
    ['src/grpc/a.ts', "export { x } from '#decide/x.ts'", 'grpc must not import decide'],
    ['src/http/a.ts', "const x = await import('#main')", 'http must not import main'],
    ['src/journal/a.ts', "import '#config'", 'journal must not import config'],
    ['src/client/a.ts', "import { x } from '#core/x.ts'", 'client must not import core'],
    ['src/novel/a.ts', "import { x } from '#core/x.ts'", 'no module of the design'],
    ['src/rpc/a.ts', "import { x } from '../core/x.ts'", 'no ../'],
    ['src/rpc/a.ts', "import { x } from './../core/x.ts'", 'no ../'],
    ['src/main.ts', "import { x } from './core/x.ts'", 'other modules are named with #'],
    ['src/bundle/a.ts', "import opa from '@open-policy-agent/opa-wasm'", 'only policy may'],
    ['src/stripe/a.ts', "import { Stripe } from 'stripe'", 'only src/stripe/api may'],
    [
      'src/stripe/api/a.ts',
      'const x = stripe.webhooks.constructEventWithoutVerification(text)',
      'not proved',
    ],
    ['src/stripe/api/a.ts', 'stripe.parseEventNotificationWithoutVerification(text)', 'not proved'],
    ['src/stripe/api/a.ts', 'stripe.webhooks.signature.verifyHeader(a, b, c)', 'not proved'],
    ['src/rpc/a.ts', 'export default function () {}', 'default export'],
    ['src/rpc/a.ts', 'const x = 1\nexport { x as default }', 'default export'],
    ['src/rpc/a.ts', 'export enum Colour { Red }', 'enum'],
    ['src/rpc/a.ts', 'export const enum Colour { Red }', 'enum'],
    ['src/bundle/a.ts', 'const opa = process.env.OPA', 'reads process.env'],
    ['src/bundle/a.ts', 'const { OPA } = process.env', 'reads process.env'],
    ['src/bundle/a.ts', 'const { env } = process', 'reads process.env'],
    ['src/bundle/a.ts', "const x = process['env']", 'reads process.env'],
    ['src/bundle/a.ts', "import { env } from 'node:process'", 'reads process.env'],
    ['src/decide/a.ts', 'const now = Date.now()', 'uses Date.now'],
    ['src/decide/a.ts', 'const now = new Date()', 'uses new Date()'],
    ['src/decide/a.ts', 'const now = +new Date', 'uses new Date()'],
    ['src/decide/a.ts', 'const now = Date()', 'uses Date()'],
    ['src/core/a.ts', 'const x = Math.random()', 'uses Math.random'],
    ['src/core/a.ts', 'const x = crypto.randomUUID()', 'uses crypto'],
    ['src/decide/a.ts', "import { randomUUID } from 'node:crypto'", 'uses crypto'],
    ['src/decide/a.ts', 'const x = performance.now()', 'uses performance'],
    ['src/rpc/a.ts', 'const x = 1\n'.repeat(251), 'has 251 lines'],
  ])('%s: %s: %s', (path, text, what) => {
    expect(breach(path, text)).toContainEqual(expect.stringContaining(what))
  })

  test('a cycle of modules, also one that each import list would permit', () => {
    const sample = [
      { path: 'src/main.ts', text: "import '#cli/a.ts'" },
      { path: 'src/cli/a.ts', text: "import '#main'" },
    ]
    expect(violations(sample)).toEqual(['modules: main → cli → main is a cycle'])
  })

  test.each([
    ['src/main.ts', "import { x } from '#postgres/x.ts'\nimport { readFile } from 'node:fs'"],
    ['src/config.ts', 'const { env = process.env } = from'],
    ['src/config.ts', "import { x } from '#config/parse.ts'"],
    ['src/decide/a.ts', 'const at = new Date(now).toISOString()\n// Date.now() is passed in'],
    ['src/decide/a.ts', 'const enumerable = { enum: [1] }'],
    ['src/policy/a.ts', "import opa from '@open-policy-agent/opa-wasm'"],
    ['src/stripe/api/a.ts', "import { Stripe } from 'stripe'"],
    ['src/observe/a.ts', "const help = 'https://example.test' // import x from '../x.ts'"],
    ['src/policy/opa.d.ts', 'declare module "x" {\n  export default x\n}'],
    ['src/gen/a.ts', 'export enum Colour { Red }'],
    ['src/rpc/a.ts', 'const x = 1\n'.repeat(250)],
  ])('and leaves what is allowed: %s: %s', (path, text) => {
    expect(breach(path, text)).toEqual([])
  })
})
