import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import type { Config } from '#config'
import { headFile } from '#main/head-log.ts'
import { type ExportedHead, parseHeads } from '#postgres/heads.ts'

/** The heads in these files; none named: those that the server keeps beside its data. */
export function keptHeads(config: Config, files: readonly string[] | undefined): readonly ExportedHead[] {
  const own = join(config.data, headFile)
  const named = files ?? (existsSync(own) ? [own] : [])
  const heads = named.flatMap((file) => parseHeads(readFileSync(file, 'utf8')))
  if (files !== undefined && heads.length === 0)
    throw new CommandFailed(`${files.join(', ')} holds no head.`, exitCodes.data)
  return heads
}
