import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

test('M-5 the demo denies with a fix, allows after the grant, and answers by a changed rule', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-demo-test-'))
  try {
    const { output, code } = await run({ TMPDIR: folder })
    const said = output.filter((line) => /^ {3}(ALLOWED|DENIED|to fix)/.test(line)).map((line) => line.trim())
    expect({ said, code, output: code === 0 ? '' : output }).toEqual({
      said: [
        expect.stringMatching(/^DENIED {2}NO_GRANT: /),
        'to fix: buy_plan – The plan "learn_member" includes it.',
        'to fix: buy_plan – The plan "supporter" includes it.',
        'to fix: buy_plan – The plan "pro" includes it.',
        expect.stringMatching(/^ALLOWED {2}GRANTED: /),
        expect.stringMatching(/^DENIED {2}NO_GRANT: /),
        expect.stringMatching(/^ALLOWED {2}demo\/PROMOTION: /),
      ],
      code: 0,
      output: '',
    })
    // Another bundle answered at the end than at the beginning.
    const bundles = output.flatMap((line) => /^ {3}bundle (\S+)/.exec(line)?.[1] ?? [])
    expect(bundles).toHaveLength(4)
    expect(new Set(bundles.slice(0, 3)).size).toBe(1)
    expect(bundles[3]).not.toBe(bundles[0])
    // It cleans up after itself.
    expect(readdirSync(folder)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 180_000)

async function run(env: Readonly<Record<string, string>>) {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env
  const demo = spawn(process.execPath, ['tools/demo.ts'], {
    cwd: root,
    env: { PATH, NODE_COMPILE_CACHE, ...env },
  })
  const parts: string[] = []
  demo.stdout.on('data', (text) => parts.push(String(text)))
  demo.stderr.on('data', (text) => parts.push(String(text)))
  const [code] = await once(demo, 'close')
  return { output: parts.join('').split('\n'), code: code as number | null }
}
