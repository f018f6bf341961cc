import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'

export type ProxyProgram = {
  readonly program: string
  /** Of the example: name → text, as it is there. All go into one folder, in which it runs. */
  readonly files: Readonly<Record<string, string>>
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The access log, where it is not standard output. */
  readonly logFile?: string
  /** Whether it does what its files say, where it listens before it has read them all. */
  readonly ready?: (port: number) => Promise<boolean>
}

export type RunningProxy = {
  readonly port: number
  /** What it logged; waits until there is such a line. */
  readonly logged: (wanted: (line: string) => boolean) => Promise<string>
  readonly [Symbol.dispose]: () => void
}

const waiting = { timeout: 20_000, interval: 50 }

/** The ports of the examples, and those to take instead. The proxy's own is 8080. */
export function withPorts(text: string, others: Readonly<Record<number, number>>): string {
  return text.replace(/(?<=:)\d{4}\b/g, (port) => String(others[Number(port)] ?? port))
}

/** Starts a real proxy with an example's own files; only its ports are others. */
export async function startProxy(
  { program, files, args, env = {}, logFile, ready = answers }: ProxyProgram,
  ports: Readonly<Record<number, number>>,
): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-proxy-'))
  const port = await freePort()
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), withPorts(text, { ...ports, 8080: port }))
  }
  mkdirSync(join(folder, 'home'))
  const home = { HOME: join(folder, 'home'), PATH: process.env.PATH ?? '' }
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  let gone = false
  child.stdout.on('data', (chunk) => (said += String(chunk)))
  child.stderr.on('data', (chunk) => (said += String(chunk)))
  child.once('exit', () => {
    gone = true
  })
  const stop = () => {
    // Those with workers end them when asked to.
    child.kill('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
  const lines = () => {
    const text = logFile === undefined ? said : readFileSync(join(folder, logFile), 'utf8')
    return text.split('\n')
  }
  try {
    await vi.waitFor(async () => {
      if (!gone && !(await ready(port))) throw new Error(`It does not listen: ${said}`)
    }, waiting)
    if (gone) throw new Error(`It ended: ${said}`)
  } catch (error) {
    stop()
    throw error
  }
  return {
    port,
    async logged(wanted) {
      return vi.waitFor(() => {
        const line = lines().find(wanted)
        if (line === undefined) throw new Error('It has not logged that.')
        return line
      }, waiting)
    },
    [Symbol.dispose]: stop,
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
