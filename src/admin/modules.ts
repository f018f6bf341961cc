import { orElse, orNull, same } from './columns.ts'
import { invalid } from './invalid.ts'
import { type Columns, resource } from './resource.ts'

export type ModuleDocument = {
  readonly key: string
  readonly provisioning: string
  readonly member_entitlement: string
  readonly zone: string
  readonly etag?: string
}

export const {
  create: createModule,
  get: getModule,
  list: listModules,
  update: updateModule,
} = resource<ModuleDocument, 'key'>({
  noun: 'module',
  table: 'modules',
  name: 'key',
  id: 'key',
  document: (tx) => tx`jsonb_build_object('key', r.key, 'provisioning', r.provisioning,
    'member_entitlement', coalesce(r.member_entitlement, ''), 'zone', r.zone)`,
  fields: {
    key: same('key'),
    provisioning: orElse('provisioning', 'direct_user'),
    member_entitlement: orNull('member_entitlement'),
    zone: zone(),
  },
  fixed: ['key'],
})

function zone(): Columns {
  return (value: string) => {
    const name = value || 'UTC'
    try {
      new Intl.DateTimeFormat('en', { timeZone: name })
    } catch {
      throw invalid('zone', `"${name}" is no IANA time zone.`)
    }
    return { zone: name }
  }
}
