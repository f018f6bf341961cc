import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPool } from '#postgres/pool.ts'

const program = ['pgbouncer', '/usr/sbin/pgbouncer'].find(runs)
export const hasPooler = program !== undefined

export type Pooler = { readonly url: string; readonly stop: () => Promise<void> }

/** PgBouncer in transaction mode before a database, with fewer connections than its clients have. */
export async function startPooler(database: string): Promise<Pooler> {
  if (program === undefined) throw new Error('There is no pgbouncer.')
  const target = new URL(database)
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-pooler-'))
  const port = await freePort()
  const name = target.pathname.slice(1)
  const [user, password] = [decodeURIComponent(target.username), decodeURIComponent(target.password)]
  const users = join(folder, 'users.txt')
  writeFileSync(users, `"${user}" "${password}"\n`)
  const settings = join(folder, 'pgbouncer.ini')
  writeFileSync(
    settings,
    `[databases]
${name} = host=${target.hostname} port=${target.port || 5432} dbname=${name} user=${user} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
default_pool_size = 4
ignore_startup_parameters = extra_float_digits
`,
  )
  chmodSync(folder, 0o755)
  const isRoot = process.getuid?.() === 0
  const child = spawn(program, [...(isRoot ? ['-u', 'nobody'] : []), settings], { stdio: 'ignore' })
  const url = new URL(database)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    if (child.exitCode === null && child.kill('SIGKILL')) await ended
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await answers(url.href)
  } catch (error) {
    await stop()
    throw error
  }
  return { url: url.href, stop }
}

async function answers(url: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const sql = openPool({ url, max: 1, prepare: false })
    try {
      await sql`select 1`
      return
    } catch (error) {
      if (attempt === 50) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

function runs(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
