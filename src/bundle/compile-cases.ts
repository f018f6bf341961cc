import { parse } from 'yaml'
import type { Json, JsonObject } from '#core/json.ts'
import type { PolicyCase } from './policy-case.ts'
import type { PolicySources } from './policy-sources.ts'
import { BundleRefused } from './refusal.ts'

const basePath = 'cases/base.yaml'

type Base = { readonly input: JsonObject; readonly grant: JsonObject }

/** "cases/grant.json" → its cases with their inputs written out. */
export function compileCases(sources: PolicySources): ReadonlyMap<string, readonly PolicyCase[]> {
  const base = yaml(basePath, sources) as Base
  const paths = [...sources.keys()].filter((path) => /^cases\/[^/]+\.yaml$/.test(path) && path !== basePath)
  return new Map(
    paths.map((path) => [
      path.replace(/\.yaml$/, '.json'),
      (yaml(path, sources) as readonly PolicyCase[]).map((one) => ({
        ...one,
        input: filled(one.input, base),
      })),
    ]),
  )
}

// The base, changed by the case's fragment: objects merge, null removes, all else replaces.
// Each grant changes the base grant in the same way, but keeps its nulls: some cases are about them.
function filled(fragment: JsonObject, base: Base): JsonObject {
  const { grants = [], ...rest } = fragment
  const input = merged(base.input, rest) as JsonObject
  return { ...input, grants: (grants as readonly JsonObject[]).map((grant) => ({ ...base.grant, ...grant })) }
}

function merged(below: Json | undefined, above: Json): Json {
  if (!isObject(above)) return above
  const result: Record<string, Json> = isObject(below) ? { ...below } : {}
  for (const [key, value] of Object.entries(above)) {
    if (value === null) delete result[key]
    else result[key] = merged(result[key], value)
  }
  return result
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function yaml(path: string, sources: PolicySources): unknown {
  try {
    return parse(sources.get(path) ?? '')
  } catch (cause) {
    throw new BundleRefused(`${path} is no YAML.`, cause)
  }
}
