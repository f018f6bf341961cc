import { readFileSync } from 'node:fs'
import { sendCatalog } from '#cli/catalog/send-catalog.ts'
import { connected } from '#cli/connected.ts'
import { errorInfoOf } from '#cli/error-info.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { failureOf } from '#cli/failure.ts'
import { listRoutes } from './list-routes.ts'
import { type Imported, type ImportedRoute, type OpenapiOptions, openapiRoutes } from './openapi-routes.ts'

export type ImportOptions = OpenapiOptions & {
  readonly tenant?: string
  readonly prune?: boolean
  readonly dryRun?: boolean
  readonly exitCode?: boolean
  readonly reason?: string
  readonly requestId?: string
  readonly json?: boolean
}

const mostProblems = 20

/** Applies the routes of a document as a part of the catalogue: one change, or none. */
export async function importOpenapi(file: string, options: ImportOptions): Promise<void> {
  const imported = openapiRoutes(readFileSync(file === '-' ? '/dev/stdin' : file, 'utf8'), options)
  const { routes, problems } = imported
  if (problems.length > 0) {
    const shown = problems.slice(0, mostProblems).map((problem) => `${file} ${problem}`)
    const more = problems.length > mostProblems ? [`and ${problems.length - mostProblems} more`] : []
    throw new CommandFailed([...shown, ...more].join('\n'), exitCodes.data)
  }
  // Pruning is of all routes that are not named: those of others are, as they are.
  const kept = options.prune ? await keptRoutes(imported, options) : []
  const catalog = { routes: [...routes.map(asMessage), ...kept] }
  const changes = await sendCatalog(
    { catalog, prune: options.prune ?? false, pruneOnly: options.prune ? ['route'] : [] },
    options,
    (error) => placed(file, imported, error),
  )
  if (options.exitCode && changes > 0) process.exitCode = exitCodes.denied
}

async function keptRoutes({ prefix, routes }: Imported, { host, tenant = '' }: ImportOptions) {
  const named = new Set(routes.map(({ method, pattern }) => `${method} ${pattern}`))
  const under = `${prefix.replace(/\/$/, '')}/`
  const all = await connected((client) => listRoutes(client, tenant))
  return all
    .filter((route) => !named.has(`${route.method} ${route.pattern}`) || route.host !== host)
    .filter((route) => route.host !== host || !route.pattern.startsWith(under))
}

function asMessage({ any_of, all_of, partial_body, ...route }: ImportedRoute) {
  return { ...route, anyOf: [...any_of], allOf: [...all_of], partialBody: partial_body }
}

/** The server's refusal, at the operation that it is about. */
function placed(file: string, { lineOf, routes }: Imported, error: unknown): unknown {
  const { path = '', field = '' } = errorInfoOf(error)?.metadata ?? {}
  const index = /routes\[(\d+)\]/.exec(path || field)?.[1]
  const route = routes[Number(index)]
  if (index === undefined || route === undefined) return error
  const { message } = failureOf(error)
  const where = `line ${lineOf(Number(index))}, ${route.method} ${route.pattern}`
  return new CommandFailed(`${file} ${where}: ${message}`, exitCodes.data)
}
