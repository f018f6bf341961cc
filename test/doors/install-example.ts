import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const unreachable =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ENOTCACHED/

/** A copy of the example that finds its packages, or why they cannot be had here. */
export type InstalledExample =
  | { readonly folder: string; readonly [Symbol.dispose]: () => void }
  | { readonly lacking: string }

/**
 * The example of this name in a folder of its own, with the packages of its lockfile: npm installs them into .tools once.
 * Whatever npm says but that it reaches nobody is an error, and in CI that is one too.
 */
export async function installExample(name: string): Promise<InstalledExample> {
  const from = join(root, 'examples', name)
  const lock = createHash('sha256')
    .update(readFileSync(join(from, 'package-lock.json')))
    .digest('hex')
  const kept = join(root, '.tools/examples', `${name}-${lock.slice(0, 16)}`)
  if (!existsSync(kept)) {
    const lacking = await install(from, kept)
    if (lacking !== undefined) return { lacking }
  }
  const folder = mkdtempSync(join(tmpdir(), `vouchsafe-${name}-`))
  for (const file of readdirSync(from))
    if (/\.js(on)?$/.test(file)) cpSync(join(from, file), join(folder, file))
  symlinkSync(join(kept, 'node_modules'), join(folder, 'node_modules'))
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

async function install(from: string, kept: string): Promise<string | undefined> {
  mkdirSync(join(kept, '..'), { recursive: true })
  const made = mkdtempSync(`${kept}.`)
  try {
    for (const file of ['package.json', 'package-lock.json']) cpSync(join(from, file), join(made, file))
    const inCi = process.env.CI === 'true'
    // Where nobody waits for a result, a machine without a network is to notice that soon.
    const patience = inCi ? [] : ['--fetch-retries', '1', '--fetch-retry-mintimeout', '200']
    const said = await npm(made, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...patience])
    if (said === undefined) {
      // Another run may have been first.
      if (!existsSync(kept)) renameSync(made, kept)
      return undefined
    }
    if (inCi || !unreachable.test(said))
      throw new Error(`The packages of ${from} cannot be installed: ${said}`)
    return 'skipped: npm cannot reach what the packages of this example come from'
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

/** Undefined where it went well, else what npm said. */
async function npm(cwd: string, args: readonly string[]): Promise<string | undefined> {
  const child = spawn('npm', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  const [code] = await once(child, 'close')
  return code === 0 ? undefined : said
}
