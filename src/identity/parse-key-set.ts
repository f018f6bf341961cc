import { importSigningKey, type SigningKey } from './signing-key.ts'

export type ParsedKeySet =
  | { readonly keys: readonly SigningKey[]; readonly ignored: number }
  | { readonly junk: string }

const maxKeys = 100

/** Usable keys of a JWKS document, or why the whole of it is junk. Keys that cannot verify are ignored and counted. */
export function parseKeySet(document: unknown): ParsedKeySet {
  if (typeof document !== 'object' || document === null) return { junk: 'not an object' }
  const list = Object.hasOwn(document, 'keys') ? (document as { keys: unknown }).keys : undefined
  if (!Array.isArray(list)) return { junk: 'no list of keys' }
  if (list.length > maxKeys) return { junk: `more than ${maxKeys} keys` }
  const keys = list.flatMap((jwk) => importSigningKey(jwk) ?? [])
  if (keys.length === 0) return { junk: 'no usable key' }
  const names = keys.map((key) => key.kid)
  if (new Set(names).size !== names.length) return { junk: 'two keys with one kid' }
  return { keys, ignored: list.length - keys.length }
}
