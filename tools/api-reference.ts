// Writes docs/reference/api.md and the help of the command line from the protos and their comments.
// test/tools/api-reference.test.ts keeps both fresh.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { createHelp } from './api/help.ts'
import { createPage } from './api/page.ts'
import { readProtos } from './api/read-protos.ts'

const root = resolve(import.meta.dirname, '..')
export const apiPage = join(root, 'docs/reference/api.md')
export const helpFile = join(root, 'src/cli/admin/help.json')

/** The texts of both files. */
export function renderApi(): { readonly page: string; readonly help: string } {
  const bin = createRequire(import.meta.url).resolve('@bufbuild/buf/package.json')
  const { bin: bins } = JSON.parse(readFileSync(bin, 'utf8'))
  const image = execFileSync(
    process.execPath,
    [join(dirname(bin), bins.buf), 'build', '-o', '-#format=binpb'],
    { cwd: root, maxBuffer: 64 * 1024 * 1024 },
  )
  const protos = readProtos(fromBinary(FileDescriptorSetSchema, image))
  return { page: createPage(protos), help: `${JSON.stringify(createHelp(protos), null, 2)}\n` }
}

if (import.meta.main) {
  const { page, help } = renderApi()
  writeFileSync(apiPage, page)
  writeFileSync(helpFile, help)
}
