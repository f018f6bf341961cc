import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { connected } from '#cli/connected.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { faint, red } from '#cli/print.ts'
import { listRoutes } from './list-routes.ts'
import { matcherOf } from './matcher.ts'
import { readAccessLine } from './read-access-line.ts'

export type UncoveredOptions = {
  readonly accessLog: string
  readonly host: string
  readonly most: string
  readonly tenant?: string
  readonly json?: boolean
}

type Gap = {
  readonly method: string
  readonly host: string
  /** With what looks like an id left out. */
  readonly path: string
  readonly example: string
  /** Why no route is looked up for it. */
  readonly refused?: string
  count: number
}

/** More kinds of gaps than this are counted, not told apart: a scanner asks for everything. */
const maxGaps = 10_000

/** Lists what an access log holds that no route covers. Such requests are denied as soon as the gateway asks. */
export async function uncovered(options: UncoveredOptions): Promise<void> {
  const match = await matcherOf(await connected((client) => listRoutes(client, options.tenant ?? '')))
  const gaps = new Map<string, Gap>()
  const count = { requests: 0, uncovered: 0, unreadable: 0 }
  const input = createReadStream(options.accessLog === '-' ? '/dev/stdin' : options.accessLog)
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue
    const asked = readAccessLine(line)
    if (asked === undefined) {
      count.unreadable++
      continue
    }
    count.requests++
    const { method, target, host = options.host } = asked
    const found = match(method, host, target)
    if (!('refused' in found) && found.routes.length > 0) continue
    count.uncovered++
    note(gaps, { method, host, target, ...('refused' in found && { refused: found.refused }) })
  }
  if (count.requests === 0 && count.unreadable > 0) {
    const forms = 'nginx’s combined form, Envoy’s text or JSON, nor Caddy’s JSON'
    throw new CommandFailed(`${options.accessLog}: no line is in ${forms}.`, exitCodes.data)
  }
  show([...gaps.values()], count, options)
  process.exitCode = count.uncovered > 0 ? exitCodes.denied : exitCodes.ok
}

function note(
  gaps: Map<string, Gap>,
  { method, host, target, refused }: Pick<Gap, 'method' | 'host' | 'refused'> & { readonly target: string },
): void {
  const path = generalised(target)
  const key = JSON.stringify([method, host, path, refused])
  const known = gaps.get(key)
  if (known) known.count++
  else if (gaps.size < maxGaps) {
    const example = target.slice(0, 200)
    gaps.set(key, { method, host, path, example, count: 1, ...(refused !== undefined && { refused }) })
  }
}

/** "/users/17/files?x=1" → "/users/{id}/files" */
function generalised(target: string): string {
  const id = /^(\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|(?=[^/]*\d)[A-Za-z0-9_-]{20,})$/i
  return target
    .split(/[?#]/, 1)
    .join('')
    .slice(0, 200)
    .split('/')
    .map((segment) => (id.test(segment) ? '{id}' : segment))
    .join('/')
}

function show(
  gaps: readonly Gap[],
  count: { readonly requests: number; readonly uncovered: number; readonly unreadable: number },
  { json, most }: UncoveredOptions,
): void {
  const shown = [...gaps].sort((a, b) => b.count - a.count).slice(0, Math.max(0, Number(most) || 0))
  if (json) {
    const lines = [...shown, { ...count, kinds: gaps.length }]
    process.stdout.write(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n`)
    return
  }
  const lines = shown.map(({ count: times, method, host, path, refused }) => {
    const why = refused === undefined ? '' : red(`  refused: ${refused}`)
    return `${String(times).padStart(8)}  ${method} ${host === '*' ? '' : host}${printable(path)}${why}`
  })
  if (gaps.length > shown.length) lines.push(faint(`          and ${gaps.length - shown.length} more`))
  const unreadable = count.unreadable > 0 ? `, ${count.unreadable} lines could not be read` : ''
  lines.push(`${count.uncovered} of ${count.requests} requests are covered by no route${unreadable}`)
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** A client chose it: nothing of it may steer a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (char) => `\\x${char.codePointAt(0)?.toString(16)}`)
}
