import { setImmediate as turn } from 'node:timers/promises'

/** Longest work between two turns of the event loop, in ms: questions are answered in between. */
const slice = 0.8

/** Cuts long work into slices: `if (pace.due()) await pace.rest()`. */
export class Pace {
  #since = performance.now()

  due(): boolean {
    return performance.now() - this.#since > slice
  }

  async rest(): Promise<void> {
    await turn()
    this.#since = performance.now()
  }
}
