// The load process: takes one job after the other from its parent, on a core of its own.
import process from 'node:process'
import type { LoadJob, LoadReply } from './load-job.ts'
import { runLoad } from './run-load.ts'

process.on('message', (job: LoadJob) => {
  runLoad(job)
    .then(
      (result): LoadReply => ({ result }),
      (error: unknown): LoadReply => ({ failure: String(error) }),
    )
    .then((reply) => process.send?.(reply))
})
process.on('disconnect', () => process.exit())
