import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'

type Ports = { readonly grpc: number; readonly upstream: number }

/** A line of the access log, as the example's configuration writes it. */
export type Logged = {
  readonly path: string
  readonly status: number
  readonly details: string
  readonly decision_id: string | null
  readonly code: string | null
  readonly route: string | null
}

export const configuration = join(import.meta.dirname, '../../examples/envoy/envoy.yaml')

/** The real Envoy with the example's own file; only its ports are others. `edit` is for what a test tries out. */
export async function startEnvoy(program: string, key: string, ports: Ports, edit = (text: string) => text) {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-envoy-'))
  const file = join(folder, 'envoy.yaml')
  const admin = join(folder, 'admin')
  writeFileSync(file, edit(withPorts(readFileSync(configuration, 'utf8'), ports)))
  const child = spawn(
    program,
    [
      '-c',
      file,
      '--use-dynamic-base-id',
      '--concurrency',
      '1',
      '-l',
      'error',
      '--admin-address-path',
      admin,
      '--file-flush-interval-msec',
      '50',
    ],
    { cwd: folder, env: { GATEWAY_KEY: key }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (err += String(chunk)))
  const stop = () => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const port = await listening(() => readFileSync(admin, 'utf8'))
    return {
      port,
      /** What it logged so far; waits until there is a line of this decision or path. */
      async logged(wanted: (line: Logged) => boolean): Promise<Logged> {
        const lines = () =>
          out
            .split('\n')
            .filter((line) => line.startsWith('{'))
            .map((line): Logged => JSON.parse(line))
        await expect.poll(() => lines().some(wanted), { timeout: 20_000, interval: 50 }).toBe(true)
        return lines().find(wanted) as Logged
      },
      [Symbol.dispose]: stop,
    }
  } catch (error) {
    stop()
    throw new Error(`Envoy did not start: ${err}`, { cause: error })
  }
}

function withPorts(text: string, { grpc, upstream }: Ports): string {
  const others: Readonly<Record<string, number>> = { 9901: 0, 10000: 0, 7070: grpc, 8090: upstream }
  return text.replace(/(?<=port_value: )\d+/g, (port) => String(others[port] ?? port))
}

/** The port of the front listener, once it is there. */
async function listening(admin: () => string): Promise<number> {
  const patience = AbortSignal.timeout(20_000)
  while (!patience.aborted) {
    try {
      const reply = await fetch(`http://${admin()}/listeners?format=json`, { signal: patience })
      const { listener_statuses: found } = (await reply.json()) as Listeners
      const port = found?.[0]?.local_address.socket_address.port_value
      if (port) return port
    } catch {
      // Not yet.
    }
    await sleep(50)
  }
  throw new Error('no listener')
}

type Listeners = {
  readonly listener_statuses?: readonly {
    readonly local_address: { readonly socket_address: { readonly port_value: number } }
  }[]
}
