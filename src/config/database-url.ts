import { Refused } from './setting.ts'

export type DatabaseParts = {
  readonly DATABASE_HOST: string | undefined
  readonly DATABASE_PORT: number | undefined
  readonly DATABASE_NAME: string | undefined
  readonly DATABASE_SSLMODE: string | undefined
  readonly DATABASE_USER: string | undefined
  readonly DATABASE_PASSWORD: string | undefined
}

/** Never quotes the text: it holds a password. */
export function postgresUrl(text: string): void {
  const url = URL.parse(text)
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === '') {
    throw new Refused('is not of the form postgres://user:password@host:5432/name')
  }
}

/** The URL that the parts make; undefined where none is set. Throws Refused naming the missing part. */
export function urlOfParts(parts: DatabaseParts): string | undefined {
  if (Object.values(parts).every((value) => value === undefined)) return undefined
  for (const name of ['DATABASE_HOST', 'DATABASE_NAME', 'DATABASE_USER'] as const) {
    if (parts[name] === undefined) throw new Refused(`${name} is missing beside the other DATABASE_ settings`)
  }
  const { DATABASE_HOST: host = '', DATABASE_USER: user = '', DATABASE_PASSWORD: password } = parts
  const login = encodeURIComponent(user) + (password === undefined ? '' : `:${encodeURIComponent(password)}`)
  const bracketed = host.includes(':') ? `[${host}]` : host
  const mode = parts.DATABASE_SSLMODE === undefined ? '' : `?sslmode=${parts.DATABASE_SSLMODE}`
  const text = `postgres://${login}@${bracketed}:${parts.DATABASE_PORT ?? 5432}/${encodeURIComponent(parts.DATABASE_NAME ?? '')}${mode}`
  if (URL.parse(text) === null) throw new Refused('DATABASE_HOST is not the name or address of a host')
  return text
}

/** The parts that say something else than the URL does. */
export function partsAgainst(url: string, parts: DatabaseParts): readonly string[] {
  const parsed = URL.parse(url)
  if (parsed === null) return []
  const said: Record<keyof DatabaseParts, string | null> = {
    DATABASE_HOST: parsed.hostname.replace(/^\[|\]$/g, ''),
    DATABASE_PORT: parsed.port === '' ? '5432' : parsed.port,
    DATABASE_NAME: decoded(parsed.pathname.slice(1)),
    DATABASE_SSLMODE: parsed.searchParams.get('sslmode'),
    DATABASE_USER: decoded(parsed.username),
    DATABASE_PASSWORD: decoded(parsed.password),
  }
  return Object.entries(parts)
    .filter(([name, value]) => value !== undefined && String(value) !== said[name as keyof DatabaseParts])
    .map(([name]) => name)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
