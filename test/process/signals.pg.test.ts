import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { alive, canSeeProcesses, postmasterOf, processesOf } from './processes.ts'
import { metric, ops, ownPorts, root, start, temporaryFolder } from './vouchsafe.ts'

const patience = 120_000
const onLinux = test.skipIf(!canSeeProcesses)

onLinux(
  'F55 a signal while it starts leaves neither database nor lock, and the next start succeeds',
  async () => {
    const data = join(temporaryFolder(), 'data')
    const env = { ...ownPorts(data), VOUCHSAFE_LOG_LEVEL: 'error' }
    const interrupted = start(['serve'], { env })
    // Its database runs, and it is busy with the schema.
    await interrupted.said('Migrated 0000_roles')
    interrupted.child.kill('SIGINT')
    expect(await interrupted.end).toEqual({ code: 0, signal: null })
    expect(interrupted.out()).toBe('')
    expect(processesOf(data)).toEqual([])

    const next = start(['serve'], { env })
    await next.up()
    expect(next.err()).not.toContain('left behind')

    // A database that does not stop: the second press of Ctrl-C is obeyed, and the database goes when it can.
    const postmaster = postmasterOf(data)
    process.kill(postmaster, 'SIGSTOP')
    next.child.kill('SIGINT')
    await next.said('stopping')
    const again = setInterval(() => next.child.kill('SIGINT'), 100)
    expect(await next.end).toEqual({ code: 130, signal: null })
    clearInterval(again)
    process.kill(postmaster, 'SIGCONT')
    await expect.poll(() => alive(postmaster), { timeout: 20_000 }).toBe(false)
    expect(processesOf(data)).toEqual([])
  },
  patience,
)

onLinux(
  'F3 a killed database of its own comes back, and what a closed terminal or pipe takes away is outlived',
  async () => {
    const data = join(temporaryFolder(), 'data')
    const server = start(['serve'], { env: ownPorts(data), stdin: 'pipe' })
    const addresses = await server.up()
    server.child.stdin?.end()
    server.child.stdout?.destroy()
    server.child.stderr?.destroy()

    // It now says so to nobody, twice.
    for (const _ of [1, 2]) {
      const killed = postmasterOf(data)
      process.kill(killed, 'SIGKILL')
      await expect
        .poll(() => processesOf(data).some((pid) => pid !== killed && isPostmaster(data, pid)), {
          timeout: 30_000,
        })
        .toBe(true)
    }
    await expect
      .poll(async () => JSON.parse(await ops(addresses, '/healthz')), { timeout: 30_000 })
      .toMatchObject({ ok: true, db: true })
    expect(await metric(addresses, 'vouchsafe_snapshot_age_seconds')).toBeLessThan(30)

    server.child.kill('SIGHUP')
    expect(await server.end).toEqual({ code: 0, signal: null })
    expect(processesOf(data)).toEqual([])
  },
  patience,
)

function isPostmaster(data: string, pid: number): boolean {
  try {
    return postmasterOf(data) === pid
  } catch {
    return false
  }
}

onLinux(
  'F55 a signal to npm start, as a container sends it, ends the server and its database',
  async () => {
    const data = join(temporaryFolder(), 'data')
    const npm = spawn('npm', ['start'], { cwd: root, env: { ...process.env, ...ownPorts(data) } })
    onTestFinished(() => void npm.kill('SIGKILL'))
    let out = ''
    npm.stdout.on('data', (chunk) => (out += String(chunk)))
    await expect.poll(() => out, { timeout: 40_000 }).toContain('Vouchsafe is up')
    expect(processesOf(data)).not.toEqual([])
    npm.kill('SIGTERM')
    await once(npm, 'close')
    expect(processesOf(data)).toEqual([])
  },
  patience,
)

test('F55 no script that serves leaves a shell between npm and the server: a shell passes no signal on', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect([scripts.start, scripts.dev]).toEqual([
    expect.stringMatching(/^exec node /),
    expect.stringMatching(/^exec node /),
  ])
})
