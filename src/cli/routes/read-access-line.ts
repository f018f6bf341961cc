export type AccessLine = {
  readonly method: string
  /** Absent where the log does not say it. */
  readonly host?: string
  /** Path and query. */
  readonly target: string
}

/** One line of an access log: nginx's combined form, Envoy's default text, or JSON as Envoy and Caddy write it. */
export function readAccessLine(line: string): AccessLine | undefined {
  return line.startsWith('{') ? ofJson(line) : ofText(line)
}

const quoted = /"((?:[^"\\]|\\.)*)"/g
const request = /^([A-Za-z]{1,20}) (\S+)(?: HTTP\/\d(?:\.\d)?)?$/

function ofText(line: string): AccessLine | undefined {
  const texts = [...line.matchAll(quoted)].map(([, text = '']) => text)
  const [, method, target] = request.exec(texts[0] ?? '') ?? []
  if (method === undefined || target === undefined) return undefined
  // Envoy: request, x-forwarded-for, agent, request id, authority, upstream.
  const host = line.startsWith('[') ? texts[4] : undefined
  return { method, target, ...(known(host) && { host: bare(host) }) }
}

function ofJson(line: string): AccessLine | undefined {
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {
    return undefined
  }
  const fields = fieldsOf(entry)
  // Caddy tells of the request in an object of its own.
  const about = typeof fields.request === 'object' ? fieldsOf(fields.request) : fields
  const method = first(about, ['method', ':method', 'request_method', 'req_method'])
  const target = first(about, [
    'x_envoy_original_path',
    'original_path',
    'path',
    ':path',
    'uri',
    'request_uri',
  ])
  if (method === undefined || target === undefined) return undefined
  const host = first(about, ['authority', ':authority', 'host', 'http_host', 'server_name'])
  return { method, target, ...(known(host) && { host: bare(host) }) }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function first(fields: Readonly<Record<string, unknown>>, names: readonly string[]): string | undefined {
  return names
    .map((name) => fields[name])
    .find((value): value is string => typeof value === 'string' && known(value))
}

/** Logs write "-" for what is not there. */
function known(text: string | undefined): text is string {
  return text !== undefined && text !== '' && text !== '-'
}

function bare(host: string): string {
  return host.replace(/:\d{1,5}$/, '').toLowerCase()
}
