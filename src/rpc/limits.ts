/** What one message may hold. Larger is refused before it costs anything. */
export const limits = {
  messageBytes: 256 * 1024,
  metadataBytes: 16 * 1024,
  attributeKeys: 64,
  /** JSON levels of `context.attributes`, and of any JSON body. */
  nesting: 32,
  /**
   * Protobuf messages inside each other. A JSON level of a Struct is two of them (Struct, Value),
   * so 32 levels and the messages around them need this many.
   */
  wireNesting: 72,
  batch: 100,
  tokenBytes: 8192,
  deadlineMs: 5000,
  /** Of a change, which may be about everybody. */
  changeDeadlineMs: 60_000,
  /** Questions of one stream that may be unanswered before its reading pauses. */
  streamInFlight: 256,
} as const
