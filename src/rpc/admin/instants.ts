/** A time of a document as whole milliseconds, rounded down: stored times have no more. */
export function millisecondsIn(text: string): number {
  return Math.floor(Date.parse(text))
}
