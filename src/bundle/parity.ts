import type { PolicyCase } from './policy-case.ts'
import { BundleRefused } from './refusal.ts'
import { runOpa } from './run-opa.ts'

const query = `[verdicts |
  some c in input
  verdicts := [v | v := data.vouchsafe.decision.verdict with input as c]
]`

type Options = {
  readonly opaPath: string
  /** Holds the sources, and data.json with the index of the bundle. */
  readonly paths: readonly string[]
  readonly cases: readonly PolicyCase[]
}

/** What OPA itself answers to each case, errors of built-ins being fatal; undefined where it answers nothing. */
export async function answersOfOpa({ opaPath, paths, cases }: Options): Promise<readonly unknown[]> {
  const data = paths.flatMap((path) => ['-d', path])
  const { ok, stdout, problem } = await runOpa(
    opaPath,
    ['eval', '-I', '-f', 'raw', '--strict-builtin-errors', ...data, query],
    { input: JSON.stringify(cases.map(({ input }) => input)) },
  )
  if (!ok) throw new BundleRefused(`OPA fails: ${problem}`)
  return (JSON.parse(stdout) as readonly (readonly unknown[])[]).map(([verdict]) => verdict)
}
