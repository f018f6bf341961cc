/** A tenant's subjects, for lists about all of them. It follows the feed while it is read. */
export type People = {
  /** How many have a row, the erased ones among them. */
  readonly size: number
  /** Their ids; one that is made meanwhile may be left out. */
  subjects(): Iterable<string>
  /** Id of each subject with a name at the identity provider, and the name. */
  names(iss: string): Iterable<readonly [string, string]>
}
