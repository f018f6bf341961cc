import { createFileRegistry, type DescField, type DescFile } from '@bufbuild/protobuf'
import type { FileDescriptorSet } from '@bufbuild/protobuf/wkt'
import { limitsOf } from './limits.ts'

export type Protos = {
  /** Of our packages, by name. */
  readonly files: readonly DescFile[]
  /** What stands above a thing: by full name, "vouchsafe.admin.v1.Product.key". */
  readonly comments: ReadonlyMap<string, string>
  /** What its field must be, by full name: "at most 255 long". */
  readonly limits: ReadonlyMap<string, string>
}

/** The descriptors of our packages, with their comments. */
export function readProtos(set: FileDescriptorSet): Protos {
  const registry = createFileRegistry(set)
  const files = [...registry.files]
    .filter(({ proto }) => proto.package.startsWith('vouchsafe.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const comments = new Map<string, string>()
  for (const file of files) for (const [name, text] of commentsOf(file)) comments.set(name, text)
  const limits = new Map<string, string>()
  for (const file of files)
    for (const message of file.messages)
      for (const field of message.fields) limits.set(fullName(field), limitsOf(field))
  return { files, comments, limits }
}

export function fullName(field: DescField): string {
  return `${field.parent.typeName}.${field.name}`
}

function* commentsOf({ proto }: DescFile): Iterable<readonly [string, string]> {
  for (const { path, leadingComments } of proto.sourceCodeInfo?.location ?? []) {
    if (leadingComments === '') continue
    const name = nameAt(proto, path)
    const text = leadingComments.trim().replace(/\s*\n\s*/g, ' ')
    if (name !== undefined) yield [`${proto.package}.${name}`, text]
  }
}

/** Paths as descriptor.proto numbers them: message_type 4, enum_type 5, service 6. */
function nameAt({ messageType, enumType, service }: DescFile['proto'], path: readonly number[]) {
  const [kind, at = 0, childKind, child = 0] = path
  const parent =
    kind === 4 ? messageType[at] : kind === 5 ? enumType[at] : kind === 6 ? service[at] : undefined
  if (parent === undefined || path.length > 4) return undefined
  if (path.length === 2) return parent.name
  const children =
    'field' in parent
      ? childKind === 2
        ? parent.field
        : childKind === 8
          ? parent.oneofDecl
          : []
      : 'method' in parent
        ? parent.method
        : parent.value
  const name = children[child]?.name
  return name === undefined ? undefined : `${parent.name}.${name}`
}
