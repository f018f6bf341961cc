/** Called once a question: the whole answer, or what went wrong. */
export type Answered = (answer: Buffer | undefined, failure?: string) => void

/** One way to ask a server. The bytes of questions are made beforehand: the load must not be the bottleneck. */
export type Lane = {
  readonly ask: (question: Buffer, answered: Answered) => void
  /** How many questions may be under way at once. */
  readonly depth: number
  readonly close: () => void
}
