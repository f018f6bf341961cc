import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const root = join(import.meta.dirname, '../..')

export type DemoServer = {
  readonly grpc: string
  readonly http: string
  readonly data: string
  readonly operatorKey: string
  /** Leaves no process and no file. */
  readonly stop: () => Promise<void>
}

/** The command as people start it, in a folder and on ports of its own. */
export async function startServer(env: Readonly<Record<string, string>>): Promise<DemoServer> {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-demo-'))
  // The embedded Postgres may run as another user, who has to pass through.
  chmodSync(folder, 0o711)
  const data = join(folder, 'data')
  const server = spawn(process.execPath, ['bin/vouchsafe.js', 'serve'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      VOUCHSAFE_DATA: data,
      VOUCHSAFE_GRPC_ADDRESS: '127.0.0.1:0',
      VOUCHSAFE_HTTP_ADDRESS: '127.0.0.1:0',
      VOUCHSAFE_OPS_ADDRESS: '127.0.0.1:0',
      VOUCHSAFE_LOG_LEVEL: 'error',
      ...env,
    },
  })
  const complaints: string[] = []
  server.stderr.on('data', (text) => complaints.push(String(text)))
  const stop = async () => {
    if (server.exitCode === null) {
      const ended = once(server, 'exit')
      server.kill('SIGTERM')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const found: Record<string, string> = {}
    for await (const text of createInterface({ input: server.stdout })) {
      const [, name, address] = /^\s*(gRPC|HTTP)\s+(\S+)/.exec(text) ?? []
      if (name && address) found[name] = address
      if (found.gRPC && found.HTTP) {
        const operatorKey = readFileSync(join(data, 'operator.key'), 'utf8').trim()
        return { grpc: found.gRPC, http: found.HTTP, data, operatorKey, stop }
      }
    }
    throw new Error(`The server did not start: ${complaints.join('')}`)
  } catch (error) {
    await stop()
    throw error
  }
}
