import { batchSize } from './jobs.ts'
import type { Report, Row, Spread } from './report.ts'
import type { RowName } from './rounds.ts'
import { targetsOf } from './targets.ts'

export const titles: Readonly<Record<RowName, string>> = {
  opa: 'OPA REST',
  unary: 'Check (unary)',
  stream: 'CheckStream',
  batch: `BatchCheck of ${batchSize}`,
  ext_authz: 'Envoy ext_authz',
  'ext_authz-many': 'Envoy ext_authz, 2,000 routes',
  'forward-auth': 'forward auth (Caddy)',
  authzen: 'AuthZEN evaluation',
  data: '/v1/data',
  'in-process': 'in-process: facts → answer',
  policy: 'in-process: WASM alone',
}

/** The report as Markdown tables. */
export function printed(report: Report): string {
  const { date, rounds, machine, questions, halfLoad, halfLoadStream, freshness } = report
  const allowed = Math.round((100 * questions.allowed) / questions.count)
  return [
    `${machine.cpu}, ${machine.cores} cores · Node ${machine.node} · OPA ${machine.opa} · ${date}`,
    `${questions.count} questions, ${allowed} % of them allowed; CPU is user + system of the server's processes, without Postgres`,
    `${rounds.count} rounds of ${rounds.seconds} s a row`,
    '',
    ...table(
      ['', 'checks/s', 'CPU-µs per check', 'least – most', 'to OPA', 'server core', 'load core'],
      report.rows.map(cellsOf),
    ),
    '',
    ...table(
      ['', 'p50 ms', 'p99 ms', 'count'],
      [
        spread(`Check at half load (${Math.round(halfLoad.ratePerSecond)}/s)`, halfLoad),
        spread(`CheckStream at half load (${Math.round(halfLoadStream.ratePerSecond)}/s)`, halfLoadStream),
        spread('write answered → changed answer, at_least', freshness.atLeast),
        spread('write answered → changed answer, no demand', freshness.polled),
        spread('write sent → changed answer, no demand', freshness.sent),
      ],
    ),
    '',
    halfLoad.waitedShare === undefined
      ? 'How long the server and the load waited for a core that others had was not recorded.'
      : `At half load the server and the load waited ${percent(halfLoad.waitedShare)} of the time for a core that others had.`,
    '',
    ...table(
      ['', 'wanted', 'measured', ''],
      targetsOf(report).map(({ what, wanted, measured, met }) => [
        what,
        wanted,
        measured,
        met ? 'met' : 'missed',
      ]),
    ),
    ...report.notes.map((note) => `\n${note}`),
    '',
  ].join('\n')
}

function cellsOf(row: Row): string[] {
  return [
    titles[row.name],
    Math.round(row.checksPerSecond).toLocaleString('en-US'),
    row.cpuUs.toFixed(1),
    `${row.cpuUsLeast.toFixed(1)} – ${row.cpuUsMost.toFixed(1)}`,
    row.toOpa === undefined ? '' : row.toOpa.toFixed(3),
    percent(row.serverShare),
    row.loadShare === 0 ? '' : percent(row.loadShare),
  ]
}

function spread(title: string, { p50Ms, p99Ms, count }: Spread): string[] {
  return [title, p50Ms.toFixed(2), p99Ms.toFixed(2), String(count)]
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head), line(rule), ...rows.map(line)]
}
