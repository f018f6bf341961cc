import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type Started = { readonly pid: number; readonly stop: () => Promise<void> }

export type Order = {
  readonly core: number
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** host:port that listens once it is ready. */
  readonly ready: string
}

const readyMs = 60_000
const stopMs = 8000

/** Pins this process; what it starts from now on inherits that. */
export function pinSelf(core: number): void {
  spawnSync('taskset', ['-a', '-c', '-p', String(core), String(process.pid)])
}

/** Starts a server on one core and waits until it listens. Its environment is what is given and nothing else. */
export async function startPinned(order: Order): Promise<Started> {
  const { core, command, args, cwd, env = {} } = order
  const { PATH = '', HOME = '' } = process.env
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000)
  })
  try {
    await listening(child, order.ready)
  } catch (error) {
    await stopped(child)
    throw new Error(`${command} ${args[0]} did not start: ${(error as Error).message}\n${said}`)
  }
  return { pid: child.pid ?? Number.NaN, stop: () => stopped(child) }
}

async function listening(child: ChildProcess, address: string): Promise<void> {
  const { hostname, port } = new URL(`http://${address}`)
  for (const until = performance.now() + readyMs; performance.now() < until; await sleep(50)) {
    if (hasEnded(child)) throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`)
    const socket = connect({ host: hostname, port: Number(port) })
    const up = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (up) return
  }
  throw new Error(`nothing listens at ${address}`)
}

async function stopped(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs)
  await ended
  clearTimeout(timer)
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** 127.0.0.1 with a port that is free now. */
export async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  server.close()
  await once(server, 'close')
  return `127.0.0.1:${port}`
}
