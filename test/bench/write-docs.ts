import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { printed } from './print-report.ts'
import type { Report } from './report.ts'

const folder = join(import.meta.dirname, '../../docs/reference')
const begin = '<!-- figures: npm run bench -- --write -->\n\n'
const end = '\n<!-- end of figures -->'

/** Above this share, a time says more about the neighbours than about us. */
const waitedAtMost = 0.2

/** Keeps the report as docs/reference/benchmark.json and shows it in benchmark.md, between its two marks. Throws for a run too disturbed to keep. */
export async function writeDocs(report: Report): Promise<void> {
  const { waitedShare = Number.NaN } = report.halfLoad
  if (!(waitedShare <= waitedAtMost)) {
    const waited = Math.round(waitedShare * 100)
    throw new Error(
      `Not kept: the server and the load waited ${waited} % of the time for a core that others had.`,
    )
  }
  const page = join(folder, 'benchmark.md')
  const text = await readFile(page, 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${page} lacks the marks between which the figures stand.`)
  await writeFile(page, text.slice(0, from) + begin + printed(report) + text.slice(to))
  await writeFile(join(folder, 'benchmark.json'), `${JSON.stringify(report, undefined, 2)}\n`)
}
