import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')
const tools = join(root, 'tools', 'stripe-mock')
const module = 'github.com/stripe/stripe-mock'

export type Found = { readonly path: string } | { readonly missing: string }

const pinned = async (): Promise<string> => {
  const [, version] = /stripe-mock v([0-9.]+)/.exec(await readFile(join(tools, 'go.mod'), 'utf8')) ?? []
  return join(root, '.tools', `stripe-mock-${version}`)
}
const without = (what: string): Found => ({
  missing: `${what} is not there and could not be had: go is not installed, or the module ${module} not reachable`,
})

/** Stripe's own stand-in: $STRIPE_MOCK, else on PATH, else the pinned one, built into .tools where go is installed. */
export async function locateStripeMock(): Promise<Found> {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'stripe-mock'))
  const path = await pinned()
  const there = [process.env.STRIPE_MOCK, path, ...onPath].find((each) => each && existsSync(each))
  if (there) return { path: there }
  const unfinished = `${path}.${process.pid}`
  try {
    await mkdir(join(root, '.tools'), { recursive: true })
    await run('go', ['build', '-o', unfinished, module], { cwd: tools })
    await rename(unfinished, path)
    return { path }
  } catch {
    return without('stripe-mock')
  }
}

/** The OpenAPI file that the pinned stripe-mock carries: kept in .tools, else in the Go module. */
export async function locateSpec(): Promise<Found> {
  const kept = `${await pinned()}.openapi.json`
  if (existsSync(kept)) return { path: kept }
  try {
    await run('go', ['mod', 'download', module], { cwd: tools })
    const { stdout } = await run('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd: tools })
    return { path: join(stdout.trim(), 'embedded', 'openapi', 'spec3.json') }
  } catch {
    return without("Stripe's OpenAPI file")
  }
}
