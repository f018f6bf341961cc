/** Where journal lines go. `write` resolves when they are durable and rejects when they are not. */
export type Sink = {
  write(lines: string): Promise<void>
  close(): Promise<void>
}
