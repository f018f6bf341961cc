import type { Json, JsonObject } from '#core/json.ts'

/**
 * The value at a claim path. A claim of exactly that name goes first, since names may hold dots and colons
 * ("https://x.example/tier", "cognito:groups"); then the dots part it, longest name first, so that
 * "resource_access.my.client.roles" finds the client "my.client". Only own properties: "constructor" is not a claim.
 */
export function claimAt(claims: JsonObject, path: string): Json | undefined {
  if (Object.hasOwn(claims, path)) return claims[path]
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const inner = Object.hasOwn(claims, path.slice(0, dot)) ? claims[path.slice(0, dot)] : undefined
    if (!isObject(inner)) continue
    const found = claimAt(inner, path.slice(dot + 1))
    if (found !== undefined) return found
  }
  return undefined
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
