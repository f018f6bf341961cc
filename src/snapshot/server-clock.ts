import type { FeedMetrics } from './counters.ts'

/** What the server's clock said between two moments of ours. */
export type ClockReading = {
  /** Epoch milliseconds, cut to whole ones. */
  readonly server: number
  /** Monotonic milliseconds. */
  readonly before: number
  readonly after: number
}

type Write = (fields: object, message: string) => void

type Needs = {
  /** This machine's clock, epoch milliseconds. */
  readonly wall: () => number
  /** Milliseconds that never go back. */
  readonly monotonic: () => number
  readonly log: { readonly warn: Write; readonly error: Write }
  readonly metrics?: Pick<FeedMetrics, 'clockOffset' | 'clockStep'>
}

/** Beyond this a reading is not a drift but a clock that was set, in ms. */
export const largestSlip = 5000
/** How long a clock that was set has to stay so, in ms, before it is believed. */
export const stepPatience = 60_000

/**
 * The time by which rights begin and end: the database's, on every node alike (F21). Between readings it runs on the
 * monotonic clock, so that setting this machine's clock moves nothing (F22). It follows slips at once but never goes
 * back for them: it stands still. A step of the database's clock has to last before it is followed, and a step back
 * is followed only as far as it undoes a step forward: what has ended does not come back.
 */
export class ServerClock {
  readonly #needs: Needs
  /** The server's time when the monotonic clock was at 0. */
  #offset: number | undefined
  #latest = Number.NEGATIVE_INFINITY
  /** Steps forward that were followed, together. */
  #raised = 0
  #step: { readonly by: number; readonly since: number } | undefined
  #isSkewed = false

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** Epoch milliseconds. This machine's clock until the first reading. */
  now(): number {
    if (this.#offset === undefined) return Math.floor(this.#needs.wall())
    this.#latest = Math.max(this.#latest, Math.floor(this.#needs.monotonic() + this.#offset))
    return this.#latest
  }

  observe(reading: ClockReading): void {
    // The reading was taken somewhere between the two moments: no more is known, so no more is corrected.
    const least = reading.server - reading.after
    const most = reading.server + 1 - reading.before
    this.#compareWall((least + most) / 2)
    if (this.#offset === undefined) {
      this.#offset = (least + most) / 2
      return
    }
    const by = Math.min(Math.max(this.#offset, least), most) - this.#offset
    if (Math.abs(by) > largestSlip) this.#suspect(by)
    else {
      this.#offset += by
      this.#step = undefined
    }
    this.#needs.metrics?.clockStep((this.#step?.by ?? 0) / 1000)
  }

  #suspect(by: number): void {
    const { log, monotonic } = this.#needs
    if (this.#step === undefined || Math.abs(by - this.#step.by) > largestSlip) {
      this.#step = { by, since: monotonic() }
      log.error({ step_ms: by }, 'The clock of the database was set; it is followed when it stays so.')
    } else if (monotonic() - this.#step.since >= stepPatience) this.#follow(by)
  }

  #follow(by: number): void {
    const followed = Math.max(by, -this.#raised)
    if (followed === 0) return
    this.#raised += followed
    this.#offset = (this.#offset ?? 0) + followed
    // Where a step forward is undone the time goes back with it.
    this.#latest = Number.NEGATIVE_INFINITY
    this.#step = undefined
    this.#needs.log.error({ step_ms: by, followed_ms: followed }, 'The clock of the database is followed.')
  }

  #compareWall(offset: number): void {
    const { log, metrics, monotonic, wall } = this.#needs
    const ahead = monotonic() + offset - wall()
    metrics?.clockOffset(ahead / 1000)
    const isSkewed = Math.abs(ahead) > largestSlip
    if (isSkewed && !this.#isSkewed) {
      log.warn(
        { ahead_ms: ahead },
        'The clocks of this machine and of the database differ; rights go by the latter.',
      )
    }
    this.#isSkewed = isSkewed
  }
}
