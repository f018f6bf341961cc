/** Exit codes: 1 is a denial, the rest follow sysexits(3). */
export const exitCodes = {
  ok: 0,
  denied: 1,
  usage: 64,
  data: 65,
  unavailable: 69,
  internal: 70,
  noPermission: 77,
  config: 78,
} as const

/** Ends the command with a sentence on standard error and an exit code. */
export class CommandFailed extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.name = 'CommandFailed'
    this.exitCode = exitCode
  }
}
