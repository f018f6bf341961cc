import { errorInfoOf } from '#cli/error-info.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { failureOf } from '#cli/failure.ts'
import { type CatalogFile, CatalogRefused, readDocument } from './read-document.ts'
import { type ApplyOptions, sendCatalog } from './send-catalog.ts'

/** Applies a catalogue and prints what changed. Gives the number of changes. */
export async function applyFile(name: string, text: string, options: ApplyOptions): Promise<number> {
  const file = read(name, text)
  return sendCatalog({ catalog: file.catalog, prune: options.prune ?? false }, options, (error) =>
    placed(name, file, error),
  )
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
