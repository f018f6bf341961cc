import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** What an upstream says that reached it. */
export type Echo = {
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** An example's upstream as a process of its own, on a free port. */
export async function startUpstream(file: string) {
  const child = spawn(process.execPath, [file], {
    env: { PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = await once(child.stdout, 'data')
  const port = Number(/:(\d+)\s*$/.exec(String(said))?.[1])
  return {
    port,
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

export function echoOf(body: string): Echo {
  return JSON.parse(body)
}

/** Every value of the headers that a server of any kind may take for this one. */
export function takenFor(echo: Echo, name: string): readonly string[] {
  const fold = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '-')
  return echo.headers.filter(([each]) => fold(each) === name).map(([, value]) => value)
}
