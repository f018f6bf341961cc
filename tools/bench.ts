// npm run bench: what a check costs, beside OPA's REST door. docs/reference/benchmark.md says what the rows mean.
import { parseArgs } from 'node:util'
import { runBench } from '#test/bench/bench.ts'
import { fullPlan, quickPlan } from '#test/bench/plan.ts'
import { printed } from '#test/bench/print-report.ts'

const usage = `npm run bench -- [--quick] [--json]

  --quick  fewer and shorter rounds: under a minute instead of under four
  --json   the figures as JSON
  --help   this

Where opa is present ($OPA, else on PATH), it is asked the same questions, and ratios are shown.
`

try {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) process.stdout.write(usage)
  else {
    const progress = (text: string) => process.stderr.write(`${text} …\n`)
    const report = await runBench({ plan: values.quick ? quickPlan : fullPlan, progress })
    process.stdout.write(values.json ? `${JSON.stringify(report, undefined, 2)}\n` : printed(report))
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
