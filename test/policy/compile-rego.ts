import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runOpa } from '#bundle/run-opa.ts'
import { wasmOf } from '#bundle/wasm-of.ts'
import { opaPath } from '#test/bundle/shipped.ts'

/** One module with our entrypoint, compiled with all of OPA's built-ins. */
export async function compileRego(text: string): Promise<Buffer> {
  const dir = await mkdtemp(join(tmpdir(), 'vouchsafe-rego-'))
  try {
    await writeFile(join(dir, 'policy.rego'), text)
    const args = [
      'build',
      '-t',
      'wasm',
      '-e',
      'vouchsafe/decision/verdict',
      '-o',
      'out.tar.gz',
      'policy.rego',
    ]
    const { ok, problem } = await runOpa(opaPath, args, { cwd: dir })
    if (!ok) throw new Error(problem)
    return await wasmOf(await readFile(join(dir, 'out.tar.gz')))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
