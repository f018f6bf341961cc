import type { DescMessage } from '@bufbuild/protobuf'
import type { Help, ServiceHelp, VerbHelp } from '#cli/admin/help.ts'
import { inputsOf } from '#cli/admin/inputs.ts'
import { commandOf, verbOf } from '#cli/admin/names.ts'
import type { Protos } from './read-protos.ts'

/** What the command line says about the administration. Fails where two methods would be one command. */
export function createHelp({ files, comments }: Protos): Help {
  const services: Record<string, ServiceHelp> = {}
  const fields: Record<string, string> = {}
  for (const file of files.filter(({ proto }) => proto.package === 'vouchsafe.admin.v1')) {
    for (const message of file.messages.filter(({ name }) => !/(Request|Response)$/.test(name)))
      for (const { name } of message.fields) fields[`${message.name}.${name}`] = said(comments, message, name)
    for (const service of file.services) {
      const verbs: Record<string, VerbHelp> = {}
      for (const method of service.methods.filter(({ methodKind }) => methodKind === 'unary')) {
        const verb = verbOf(service.name, method.name)
        if (verbs[verb]) throw new Error(`Two methods of ${service.name} are called ${verb}.`)
        verbs[verb] = {
          method: method.localName,
          says: comments.get(`${service.typeName}.${method.name}`) ?? '',
        }
        for (const { name, field } of inputsOf(method))
          fields[name] = said(comments, field.parent, field.name)
      }
      if (Object.keys(verbs).length === 0) continue
      const name = commandOf(service.name)
      if (services[name]) throw new Error(`Two services are called ${name}.`)
      const about = comments.get(service.typeName) ?? ''
      services[name] = {
        file: file.name.replace(/^.*\//, ''),
        service: service.name,
        says: about,
        verbs,
      }
    }
  }
  return { services: sorted(services), fields: sorted(fields) }
}

function said(comments: ReadonlyMap<string, string>, { typeName }: DescMessage, name: string): string {
  return comments.get(`${typeName}.${name}`) ?? ''
}

function sorted<T>(all: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)))
}
