import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Embedded, startEmbedded } from '#postgres/embedded.ts'
import { openPool } from '#postgres/pool.ts'
import { startOf } from '#postgres/process-start.ts'

let dataDir: string
const started: Embedded[] = []
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'vouchsafe-embedded-'))
  await chmod(dataDir, 0o755)
})
afterEach(async () => {
  const servers = started.splice(0)
  for (const server of servers) await server.stop()
  for (const { folder } of servers) await rm(folder, { recursive: true, force: true })
  await rm(dataDir, { recursive: true, force: true })
})

const notices: string[] = []
async function start(folder = dataDir): Promise<Embedded> {
  notices.length = 0
  const server = await startEmbedded({ dataDir: folder, notice: (text) => notices.push(text) })
  started.push(server)
  return server
}

async function query<T>(server: Embedded, text: string): Promise<readonly T[]> {
  const sql = openPool({ url: server.url, max: 1 })
  try {
    return (await sql.unsafe(text)) as unknown as readonly T[]
  } finally {
    await sql.end()
  }
}

test('a start makes a cluster on the loopback alone; a stop leaves no process and a second start the data', async () => {
  const first = await start()
  await query(first, 'create table kept as select 7 as n')
  const settings = await query<{ name: string; setting: string }>(
    first,
    "select name, setting from pg_settings where name in ('listen_addresses', 'unix_socket_directories', 'password_encryption', 'server_encoding', 'lc_messages') order by 1",
  )
  expect(settings.map(({ setting }) => setting)).toEqual(['C', '127.0.0.1', 'scram-sha-256', 'UTF8', ''])
  expect((await stat(join(first.folder, 'postgres.password'))).mode & 0o777).toBe(0o600)
  const pid = first.pid()
  await first.stop()
  expect(await startOf(pid)).toBeUndefined()
  const second = await start()
  expect(await query(second, 'select n from kept')).toEqual([{ n: 7 }])
})

test('a wrong password is refused', async () => {
  const server = await start()
  const url = new URL(server.url)
  url.password = 'wrong'
  const sql = openPool({ url: url.href, max: 1 })
  await expect(sql`select 1`).rejects.toMatchObject({ code: '28P01' })
  await sql.end({ timeout: 0 })
})

test('a second start in the same folder is refused while the first lives', async () => {
  await start()
  await expect(startEmbedded({ dataDir })).rejects.toThrow(`in use by process ${process.pid}`)
})

test('a second stop of the first owner does not let a third in beside the second', async () => {
  const first = await start()
  await first.stop()
  await start()
  await first.stop()
  await expect(startEmbedded({ dataDir })).rejects.toThrow('in use')
})

test('a postmaster that was killed is started again on the same port with what was committed', async () => {
  const server = await start()
  await query(server, 'create table kept as select 7 as n')
  const killed = server.pid()
  process.kill(killed, 'SIGKILL')
  await expect
    .poll(() => server.pid() !== killed && query(server, 'select n from kept').catch(() => []), {
      timeout: 30_000,
    })
    .toEqual([{ n: 7 }])
  expect(notices).toContainEqual(expect.stringContaining('started again'))
})

test('what a killed owner left behind is stopped, and its data taken over', async () => {
  const program = `
    import { startEmbedded } from '#postgres/embedded.ts'
    const server = await startEmbedded({ dataDir: process.argv[1] })
    console.log(JSON.stringify({ pid: server.pid(), url: server.url }))
    setInterval(() => {}, 1000)`
  const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', program, dataDir], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const line = await new Promise<string>((told) => owner.stdout.once('data', (bytes) => told(String(bytes))))
  const orphan = (JSON.parse(line) as { pid: number }).pid
  const gone = new Promise((done) => owner.once('exit', done))
  owner.kill('SIGKILL')
  await gone
  expect(await startOf(orphan)).toBeDefined()
  const server = await start()
  expect(await startOf(orphan)).toBeUndefined()
  expect(notices).toEqual(['Stopped the database that an earlier run had left behind.'])
  expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }])
})

test.runIf(process.getuid?.() === 0)(
  'a folder that the server’s user cannot enter is replaced by a fixed one, and that is told',
  async () => {
    await chmod(dataDir, 0o700)
    const asked = join(dataDir, 'deep')
    const first = await start(asked)
    expect(first.folder).not.toContain(dataDir)
    expect(notices).toEqual([expect.stringContaining(first.folder)])
    await first.stop()
    expect((await start(asked)).folder).toBe(first.folder)
  },
)

test('data of another major version is refused before anything touches it', async () => {
  const server = await start()
  await server.stop()
  const file = join(server.folder, 'postgres', 'PG_VERSION')
  const { writeFile } = await import('node:fs/promises')
  const version = await readFile(file, 'utf8')
  await writeFile(file, '9\n')
  await expect(startEmbedded({ dataDir })).rejects.toThrow('written by Postgres 9')
  await writeFile(file, version)
})
