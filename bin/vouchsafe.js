#!/usr/bin/env node
// Plain JavaScript, so that an old Node can read it: it finds the runtime that came with `npm ci` and hands
// over to it. It must never do anything else but that; the command line itself is src/cli/main.ts.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'

/** HTTP/2 fixes and Uint8Array.prototype.toHex: docs/decisions/0001-node-26-only.md. */
const oldest = [26, 5, 1]

if (newEnough(process.versions.node)) {
  stopWithParent()
  await import('../src/cli/main.ts')
} else {
  handOver()
}

function newEnough(version) {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10))
  for (let i = 0; i < oldest.length; i++) {
    if (parts[i] !== oldest[i]) return parts[i] > oldest[i]
  }
  return true
}

function handOver() {
  const runtime = packagedRuntime()
  if (runtime === undefined || runtime === process.execPath) {
    process.stderr.write(
      `vouchsafe needs Node ${oldest.join('.')} or later. This is ${process.version}, and the runtime that ` +
        'npm installs beside it is missing. Run `npm ci` again, without --ignore-scripts.\n',
    )
    process.exit(78)
  }
  // A session of its own: Ctrl-C then reaches this process only, which passes it on exactly once.
  // The channel carries no messages; that it closes tells the runtime when this process was killed.
  const child = spawn(runtime, [...process.execArgv, ...process.argv.slice(1)], {
    detached: process.platform !== 'win32',
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`vouchsafe could not start ${runtime}: ${error.message}\n`)
    process.exit(78)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    for (const each of signals) process.removeAllListeners(each)
    process.kill(process.pid, signal)
  })
}

function packagedRuntime() {
  const { platform, arch } = process
  const file = platform === 'win32' ? 'node.exe' : 'node'
  const names = ['node', `node-${platform}-${arch}`, `node-bin-${platform}-${arch}`]
  for (const name of names) {
    try {
      const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
      const found = join(folder, 'bin', file)
      if (existsSync(found)) return found
    } catch {
      // Not installed under this name.
    }
  }
  return undefined
}

/** Without this, a runtime whose parent was killed would live on with the port and the database. */
function stopWithParent() {
  if (process.channel === undefined) return
  process.channel.unref()
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
}
