// npm run bench: what a check costs, beside OPA's REST door. docs/reference/benchmark.md says what the rows mean.
import { parseArgs } from 'node:util'
import { runBench } from '#test/bench/bench.ts'
import { fullPlan, quickPlan } from '#test/bench/plan.ts'
import { printed } from '#test/bench/print-report.ts'
import { writeDocs } from '#test/bench/write-docs.ts'

const usage = `npm run -s bench -- [--quick] [--json] [--write]

  --quick  fewer and shorter rounds: under two minutes instead of under seven
  --json   the figures as JSON
  --write  put the figures into docs/reference/benchmark.md and .json too, unless others disturbed the run too much
  --help   this

It needs Linux with taskset. Where opa is present ($OPA, else on PATH), it is asked the same questions,
and ratios are shown.
`

const interruption = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Not once: a second one, from npm or from impatience, must not leave processes behind either.
  process.on(name, () => interruption.abort(new Error('Interrupted; everything is stopped.')))
}

try {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      json: { type: 'boolean' },
      write: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) process.stdout.write(usage)
  else {
    const progress = (text: string) => process.stderr.write(`${text} …\n`)
    const plan = values.quick ? quickPlan : fullPlan
    const report = await runBench({ plan, progress, signal: interruption.signal })
    process.stdout.write(values.json ? `${JSON.stringify(report, undefined, 2)}\n` : printed(report))
    if (values.write) await writeDocs(report)
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = interruption.signal.aborted ? 130 : 1
}
