import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** Those that whoever runs the tests has seen to. */
const promised = (process.env.TEST_GATEWAYS ?? '').split(' ')

/**
 * A gateway's program: where its variable says (ENVOY, NGINX, …), on the PATH, where packages put servers, or in .tools,
 * into which .ci/run installs it. Undefined: it is not here.
 */
export function findProgram(name: 'envoy' | 'nginx' | 'caddy' | 'haproxy' | 'traefik'): string | undefined {
  const named = process.env[name.toUpperCase()]
  if (named) return named
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = [...folders, '/usr/sbin', join(root, '.tools')].map((folder) => join(folder, name)).find(runs)
  if (found === undefined && promised.includes(name)) throw new Error(`${name} should be here: TEST_GATEWAYS`)
  return found
}

/** Why its tests are skipped, for their title. */
export function missing(name: string): string {
  return `skipped: ${name} is not installed (its variable ${name.toUpperCase()}, the PATH and .tools were looked at)`
}

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
