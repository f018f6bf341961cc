import { randomUUID } from 'node:crypto'
import { type JsonObject, toJson } from '@bufbuild/protobuf'
import { previewText } from '#cli/admin/preview-text.ts'
import { connected } from '#cli/connected.ts'
import { errorInfoOf } from '#cli/error-info.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { failureOf } from '#cli/failure.ts'
import { faint, print } from '#cli/print.ts'
import { ApplyCatalogResponseSchema, CatalogService } from '#gen/vouchsafe/admin/v1/catalog_service_pb.ts'
import { PreviewSchema } from '#gen/vouchsafe/admin/v1/preview_pb.ts'
import { changeText } from './change-text.ts'
import { type CatalogFile, CatalogRefused, readDocument } from './read-document.ts'

type Options = {
  readonly tenant?: string
  readonly reason?: string
  readonly requestId?: string
  readonly prune?: boolean
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** Applies a catalogue and prints what changed. Gives the number of changes. */
export async function applyFile(name: string, text: string, options: Options): Promise<number> {
  const file = read(name, text)
  // With an id of its own, so that it can be asked again how it ended.
  const { tenant = '', reason = '', prune = false, dryRun = false, requestId = randomUUID() } = options
  const request = { catalog: file.catalog, tenant, reason, prune, dryRun, requestId }
  const answer = await connected(async (client) => {
    const call = client.call(CatalogService.method.applyCatalog)
    return call(request)
      .catch((error: unknown) => {
        if (!isLate(error) || dryRun) throw error
        return call(request)
      })
      .catch((error: unknown) => {
        throw placed(name, file, error)
      })
  })
  print(options.json === true, ApplyCatalogResponseSchema, answer, () => {
    const { changes, warnings, preview, revision } = answer
    const lines = changes.map(changeText)
    if (changes.length === 0) lines.push('no changes')
    else if (preview)
      lines.push(previewText(toJson(PreviewSchema, preview, { useProtoFieldName: true }) as JsonObject))
    lines.push(...warnings.map((warning) => `warning: ${warning}`))
    lines.push(faint(`${changes.length} changes${dryRun ? ' to make' : ''} · revision ${revision}`))
    return lines.join('\n')
  })
  return answer.changes.length
}

function read(name: string, text: string): CatalogFile {
  try {
    return readDocument(text)
  } catch (error) {
    if (!(error instanceof CatalogRefused)) throw error
    const said = error.problems.map((problem) => `${name} ${problem}`)
    throw new CommandFailed(said.join('\n'), exitCodes.data)
  }
}

/** The server's refusal, at the place in the file that it is about. */
function placed(name: string, { where }: CatalogFile, error: unknown): unknown {
  const info = errorInfoOf(error)
  const { path, field } = info?.metadata ?? {}
  if (path === undefined && !field?.startsWith('catalog.')) return error
  const at = path === undefined ? field?.slice('catalog.'.length) : field ? `${path}.${field}` : path
  const { message } = failureOf(error)
  return new CommandFailed(`${name} ${where(at ?? '')}: ${message}`, exitCodes.data)
}

function isLate(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === 4
}
