import { type ChildProcess, spawn } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { locateStripeMock } from './locate-stripe-mock.ts'

export type StripeMock = { readonly url: string; readonly key: string; readonly close: () => Promise<void> }

/**
 * Starts Stripe's own stand-in on loopback: it refuses what Stripe's OpenAPI does not know, and remembers nothing. Answers
 * why not where it cannot be had.
 */
export async function startStripeMock(): Promise<StripeMock | { readonly missing: string }> {
  const found = await locateStripeMock()
  if ('missing' in found) return found
  // It takes no port 0; a port that another took meanwhile is tried again.
  for (let tries = 0; tries < 5; tries++) {
    const [http, https] = [await freePort(), await freePort()]
    const child = spawn(
      found.path,
      ['-http-addr', `127.0.0.1:${http}`, '-https-addr', `127.0.0.1:${https}`],
      { stdio: 'ignore' },
    )
    const url = `http://127.0.0.1:${http}`
    if (await answers(url, child)) return { url, key: 'sk_test_123', close: () => stop(child) }
    await stop(child)
  }
  return { missing: `${found.path} does not start` }
}

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    const status = await fetch(url).then(
      (response) => response.status,
      () => undefined,
    )
    if (status !== undefined) return child.exitCode === null
    await pause(50)
  }
  return false
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill()
  await ended
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
