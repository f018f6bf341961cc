import { type Config, type SettingKey, settings } from '#config'
import type { Origin } from './gather.ts'
import { Secret } from './secret.ts'

export type DescribedSetting = {
  readonly name: string
  readonly value: string
  readonly origin: Origin
}

/** Every setting as it may be shown: secrets only as set or not set. */
export function describeConfig(config: Config): readonly DescribedSetting[] {
  const described = (Object.keys(settings) as SettingKey[]).map((key) => ({
    name: settings[key].name,
    value: shown(config[key]),
    origin: config.origins[key] ?? 'default',
  }))
  const keycloak = config.keycloak ? 'configured' : 'not configured'
  return [...described, { name: 'KEYCLOAK_*', value: keycloak, origin: 'environment' }]
}

function shown(value: unknown): string {
  if (value === undefined) return 'not set'
  if (value instanceof Secret) return 'set'
  if (Array.isArray(value)) return value.join(',')
  if (isAddress(value))
    return value.host.includes(':') ? `[${value.host}]:${value.port}` : `${value.host}:${value.port}`
  return String(value)
}

function isAddress(value: unknown): value is { readonly host: string; readonly port: number } {
  return typeof value === 'object' && value !== null && 'host' in value && 'port' in value
}
