import { watch } from 'node:fs'
import { buildBundle } from './build-bundle.ts'
import type { Following } from './follow-file.ts'
import type { Activation, BundleHolder } from './holder.ts'

type Options = {
  readonly policiesDir: string
  readonly opaPath: string
  readonly holder: BundleHolder
}

/** An editor saves in several steps. */
const settleMs = 50

/** For authors: builds policies/ now and after each change, and activates what passes. */
export async function followPolicies({ policiesDir, opaPath, holder }: Options): Promise<Following> {
  let timer: NodeJS.Timeout | undefined
  let building: Promise<unknown> = Promise.resolve()

  async function rebuild(): Promise<Activation> {
    try {
      return await holder.activate(await buildBundle({ policiesDir, opaPath }))
    } catch (cause) {
      return holder.reject(cause instanceof Error ? cause.message : String(cause))
    }
  }

  // Watching first: what changes during the first build is built again.
  const watcher = watch(policiesDir, { recursive: true, persistent: false }, () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      building = building.then(rebuild)
    }, settleMs)
  })
  watcher.on('error', (cause) => holder.reject(`${policiesDir} cannot be watched: ${cause.message}`))
  const first = await rebuild()
  return {
    first,
    close() {
      clearTimeout(timer)
      watcher.close()
    },
  }
}
