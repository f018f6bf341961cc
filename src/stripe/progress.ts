/** How far a long piece of work is. */
export type Progress = {
  readonly done: number
  /** Absent where only the end tells. */
  readonly total?: number
}
