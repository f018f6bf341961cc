/**
 * The tokens of a client's own `authorization` headers. Two headers are two claims, also where a proxy has joined them by a
 * comma; they are all given then, whatever their scheme, so that none is believed. One of another scheme is no token.
 */
export function clientTokens(authorization: readonly string[]): readonly string[] {
  const values = authorization.flatMap((value) => value.split(',')).map((value) => value.trim())
  const [only = '', ...others] = values
  if (others.length > 0) return values
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(only)?.[1]
  return token === undefined ? [] : [token]
}
