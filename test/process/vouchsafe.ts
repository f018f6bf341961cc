// The real command as people start it: a process of its own, in folders and on ports of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { processesOf } from './processes.ts'

export const root = join(import.meta.dirname, '../..')
const entry = join(root, 'bin/vouchsafe.js')

type Environment = Readonly<Record<string, string | undefined>>

export type Started = {
  readonly child: ChildProcess
  /** What it wrote so far. */
  readonly out: () => string
  readonly err: () => string
  readonly end: Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** Waits until it says that it is up. Fails with what it said where it ended instead. */
  readonly up: () => Promise<Addresses>
  /** Waits until standard error or output holds it. */
  readonly said: (text: string | RegExp) => Promise<void>
}

export type Addresses = { readonly grpc: string; readonly http: string; readonly ops: string }

export type StartOptions = {
  readonly env?: Environment
  readonly cwd?: string
  /** What to run node with, such as another user. */
  readonly through?: readonly string[]
  readonly stdin?: 'ignore' | 'pipe'
  /** In a session of its own, as a supervisor starts it: Linux then shares the processors between sessions. */
  readonly ownSession?: boolean
}

/** A folder that everybody may pass through; gone after the test, with all that runs in it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-process-'))
  chmodSync(folder, 0o711)
  onTestFinished(() => {
    for (const pid of processesOf(folder)) kill(pid)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  return folder
}

/** The environment of a server of its own on free ports. */
export function ownPorts(data: string): Environment {
  return {
    VOUCHSAFE_DATA: data,
    VOUCHSAFE_GRPC_ADDRESS: '127.0.0.1:0',
    VOUCHSAFE_HTTP_ADDRESS: '127.0.0.1:0',
    VOUCHSAFE_OPS_ADDRESS: '127.0.0.1:0',
  }
}

/** Runs `vouchsafe ARGS`; killed at the end of the test if it still lives. */
export function start(args: readonly string[], options: StartOptions = {}): Started {
  const { env = {}, cwd = root, through = [], stdin = 'ignore', ownSession = false } = options
  const [program = '', ...rest] = [...through, process.execPath, entry, ...args]
  const child = spawn(program, rest, {
    cwd,
    stdio: [stdin, 'pipe', 'pipe'],
    detached: ownSession,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
  })
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk) => (out += String(chunk)))
  child.stderr?.on('data', (chunk) => (err += String(chunk)))
  const end = new Promise<{ code: number | null; signal: string | null }>((done) =>
    child.once('close', (code, signal) => done({ code, signal })),
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  const said = async (text: string | RegExp) => {
    const pattern = typeof text === 'string' ? new RegExp(RegExp.escape(text)) : text
    await expect
      .poll(() => pattern.test(out + err) || ended(child), { timeout: 40_000, interval: 20 })
      .toBe(true)
    expect(out + err).toMatch(pattern)
  }
  const up = async () => {
    await said(/ops {4}\S+/)
    const [, grpc = '', http = '', ops = ''] = /gRPC +(\S+)\n +HTTP +(\S+)\n +ops +(\S+)/.exec(out) ?? []
    return { grpc, http, ops }
  }
  return { child, out: () => out, err: () => err, end, up, said }
}

export type Finished = {
  readonly code: number | null
  readonly signal: string | null
  readonly out: string
  readonly err: string
}

/** Runs it to its end. */
export async function finished(args: readonly string[], options: StartOptions = {}): Promise<Finished> {
  const running = start(args, options)
  const end = await running.end
  return { ...end, out: running.out(), err: running.err() }
}

/** Stops an up server as an operator does, and expects that it agrees. */
export async function stop({ child, end, err }: Started): Promise<void> {
  child.kill('SIGTERM')
  expect({ ...(await end), err: err() }).toMatchObject({ code: 0 })
}

/** Asks the operations door; the body as text. */
export async function ops({ ops }: Addresses, path: string): Promise<string> {
  const reply = await fetch(`http://${ops}${path}`)
  return reply.text()
}

/** A metric's value by its full name with labels; 0 where it is not there yet. */
export async function metric(addresses: Addresses, name: string): Promise<number> {
  const line = (await ops(addresses, '/metrics')).split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1) ?? 0)
}

export function keyIn(data: string): string {
  return readFileSync(join(data, 'operator.key'), 'utf8').trim()
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
