import { type ChildProcess, spawn } from 'node:child_process'

export type Child<Job, Result> = {
  /** One job at a time. Rejects with what the child says went wrong, or when it dies. */
  readonly ask: (job: Job) => Promise<Result>
  readonly stop: () => void
}

type Reply<Result> = { readonly result: Result } | { readonly failure: string }

/** A process of ours on one core, talked to by messages. */
export function startChild<Job extends object, Result>(module: string, core: number): Child<Job, Result> {
  const args = ['-c', String(core), process.execPath, module]
  const child: ChildProcess = spawn('taskset', args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ask = (job: Job) =>
    new Promise<Result>((resolve, reject) => {
      const died = () => reject(new Error(`${module} died.`))
      if (!child.connected) return died()
      child.once('exit', died)
      child.once('message', (reply: Reply<Result>) => {
        child.off('exit', died)
        if ('failure' in reply) reject(new Error(reply.failure))
        else resolve(reply.result)
      })
      child.send(job)
    })
  return { ask, stop: () => child.kill() }
}
