type Needs = {
  readonly poll: (tenants?: readonly string[]) => Promise<void>
  /** Milliseconds until the next poll of all tenants, asked anew each time. */
  readonly interval: () => number
  /** A poll that takes longer is given up, in ms: a connection may be half open. */
  readonly patienceMs: number
  readonly onDone: () => void
  readonly onError: (error: unknown) => void
  /** A poll took too long; what it waits for may never come. */
  readonly onGivenUp: () => void
}

/** Runs polls one after the other: on request, and of all tenants at each interval. */
export class Poller {
  readonly #needs: Needs
  readonly #tenants = new Set<string>()
  #all = false
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(needs: Needs) {
    this.#needs = needs
    this.#schedule()
  }

  /** A poll that starts after this call, of one tenant or of all. */
  request(tenant?: string): void {
    if (tenant === undefined) this.#all = true
    else this.#tenants.add(tenant)
    if (this.#stopped || this.#running !== undefined) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  async #run(): Promise<void> {
    // So that requests of one tick become one poll.
    await Promise.resolve()
    while (!this.#stopped && (this.#all || this.#tenants.size > 0)) {
      const all = this.#all
      const tenants = all ? undefined : [...this.#tenants]
      this.#all = false
      this.#tenants.clear()
      try {
        await this.#bounded(this.#needs.poll(tenants))
        this.#needs.onDone()
      } catch (error) {
        this.#needs.onError(error)
      }
      if (all) this.#schedule()
    }
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#stopped) return
    this.#timer = setTimeout(() => this.request(), this.#needs.interval())
    this.#timer.unref()
  }

  async #bounded(poll: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error('The poll took too long.'))
        this.#needs.onGivenUp()
      }, this.#needs.patienceMs)
      timer.unref()
    })
    await Promise.race([poll, late]).finally(() => clearTimeout(timer))
  }
}
