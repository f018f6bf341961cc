import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { processesOf } from '#test/process/processes.ts'

const root = resolve(import.meta.dirname, '../..')

test('S002-7 S002-9 S002-11 S004-14 the demo of Stripe: bought, changed, overdue, cancelled, reconciled; the admin’s grant stands', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-demo-test-'))
  try {
    const { output, code } = await run({ TMPDIR: folder })
    const steps = output.join('\n').split('── ').slice(1)
    const said = steps.map((step) =>
      [...step.matchAll(/^ {3}(ALLOWED|DENIED) +(\w+)(?: = (\d+))?(?: +([A-Z_]+):)?/gm)].map(
        ([, allowed, entitlement, value, reason]) =>
          `${allowed === 'ALLOWED' ? '+' : '-'}${entitlement} ${value ?? reason}`,
      ),
    )
    const early = '+early_access GRANTED'
    const supporter = ['+docs_paid TIER', '+copilot_quota 200', early]
    const nothing = ['-docs_paid REVOKED', '+copilot_quota 20', early]
    expect({ said, code, output: code === 0 ? '' : output }).toEqual({
      said: [
        ['-docs_paid NO_GRANT', '+copilot_quota 20', '-early_access NO_GRANT'],
        ['-docs_paid NO_GRANT', '+copilot_quota 20', early],
        supporter,
        ['+docs_paid TIER', '+copilot_quota 1000', early],
        ['+docs_paid GRACE', '+copilot_quota 1000', early, '+docs_paid TIER', '+copilot_quota 1000', early],
        nothing,
        [...nothing, ...supporter],
      ],
      code: 0,
      output: '',
    })
    expect(steps[6]).toMatch(/^ {5}cus_\w+ {2}missing {2}si_\w+/m)
    expect(steps[6]).toContain('rights that changed: 1')
    // It leaves neither a file nor a process.
    expect(readdirSync(folder)).toEqual([])
    expect(processesOf(folder)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 180_000)

async function run(env: Readonly<Record<string, string>>) {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env
  const demo = spawn(process.execPath, ['tools/demo-stripe.ts'], {
    cwd: root,
    env: { PATH, NODE_COMPILE_CACHE, ...env },
  })
  const parts: string[] = []
  demo.stdout.on('data', (text) => parts.push(String(text)))
  demo.stderr.on('data', (text) => parts.push(String(text)))
  const [code] = await once(demo, 'close')
  return { output: parts.join('').split('\n'), code: code as number | null }
}
