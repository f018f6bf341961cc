/**
 * What is put in pieces is seen all at once: a record behind the curtain bears its number, and is not found before it
 * is lifted.
 */
export class Curtain {
  #lifted = 0

  /** The number of what is put now and not to be found yet; of all else it is 0. */
  get number(): number {
    return this.#lifted + 1
  }

  hides(number: number): boolean {
    return number > this.#lifted
  }

  lift(): void {
    this.#lifted++
  }
}
