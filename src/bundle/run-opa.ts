import { execFile } from 'node:child_process'

const timeoutMs = 60_000
const outputBytes = 256 * 1_048_576

export type OpaRun = {
  readonly ok: boolean
  readonly stdout: string
  /** What to show when it failed: `opa build` writes its errors to stdout. */
  readonly problem: string
}

/** Runs the compiler as a child with a bound of time and output: nothing of it runs in our process. */
export function runOpa(
  opa: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly input?: string } = {},
): Promise<OpaRun> {
  return new Promise((resolve) => {
    const settings = {
      cwd: options.cwd,
      timeout: timeoutMs,
      maxBuffer: outputBytes,
      encoding: 'utf8' as const,
    }
    const child = execFile(opa, [...args], settings, (error, stdout, stderr) => {
      resolve({ ok: error === null, stdout, problem: `${stderr}${stdout}`.trim() || (error?.message ?? '') })
    })
    // A child that does not read its input is no failure of ours.
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input ?? '')
  })
}
