import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-bin-'))
const running = new Set<ChildProcess>()

/** A node on PATH that is too old for the sources, if this machine has one. */
const oldNode = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((each) => !each.includes('node_modules'))
  .map((each) => join(each, 'node'))
  .find((each) => existsSync(each) && Number.parseInt(versionOf(each), 10) < 26)

function versionOf(node: string): string {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).slice(1)
}

mkdirSync(join(folder, 'bin'))
mkdirSync(join(folder, 'src/cli'), { recursive: true })
copyFileSync(join(root, 'bin/vouchsafe.js'), join(folder, 'bin/vouchsafe.js'))
writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
writeFileSync(
  join(folder, 'src/cli/main.ts'),
  `const [what, code] = process.argv.slice(2)
const version: string = process.version
process.stdout.write(JSON.stringify({ pid: process.pid, version, args: process.argv.slice(2) }) + '\\n')
if (what === 'exit') process.exit(Number(code))
if (what === 'echo') process.stdin.pipe(process.stdout)
if (what === 'die') process.kill(process.pid, 'SIGKILL')
if (what === 'serve') {
  setInterval(() => {}, 1000)
  const seen: string[] = []
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      seen.push(signal)
      setTimeout(() => {
        process.stdout.write(JSON.stringify(seen) + '\\n')
        process.exit(7)
      }, 100)
    })
  }
}
`,
)

function withModules(present: boolean): void {
  rmSync(join(folder, 'node_modules'), { force: true })
  if (present) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
}

type Run = {
  readonly child: ChildProcess
  readonly lines: () => readonly string[]
  readonly line: (index: number) => Promise<string>
  readonly end: Promise<{ code: number | null; signal: string | null; stderr: string }>
}

function run(node: string, ...args: readonly string[]): Run {
  const child = spawn(node, [join(folder, 'bin/vouchsafe.js'), ...args], { stdio: 'pipe' })
  running.add(child)
  let out = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  const lines = () => out.split('\n').slice(0, -1)
  const line = async (index: number): Promise<string> => {
    await expect.poll(() => lines().length, { timeout: 20_000 }).toBeGreaterThan(index)
    return lines()[index] ?? ''
  }
  const end = new Promise<{ code: number | null; signal: string | null; stderr: string }>((done) =>
    child.on('close', (code, signal) => {
      running.delete(child)
      done({ code, signal, stderr })
    }),
  )
  return { child, lines, line, end }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})
afterAll(() => rmSync(folder, { recursive: true }))

test('a new enough node goes on in the same process', async () => {
  withModules(true)
  const { child, line, end } = run(process.execPath, 'exit', '3')
  expect(JSON.parse(await line(0))).toEqual({ pid: child.pid, version: process.version, args: ['exit', '3'] })
  expect(await end).toMatchObject({ code: 3 })
})

// Skipped where every node on PATH is new: there is then nothing to hand over from.
const withOld = test.skipIf(oldNode === undefined)
const old = oldNode ?? ''

withOld('an old node hands over to the packaged runtime with arguments, stdio and exit code', async () => {
  withModules(true)
  const failed = run(old, 'exit', '3', '--flag=a b')
  const { version, args } = JSON.parse(await failed.line(0))
  expect(Number.parseInt(version.slice(1), 10)).toBeGreaterThanOrEqual(26)
  expect(args).toEqual(['exit', '3', '--flag=a b'])
  expect(await failed.end).toMatchObject({ code: 3 })

  const echo = run(old, 'echo')
  echo.child.stdin?.end('typed\n')
  expect(await echo.line(1)).toBe('typed')
  expect(await echo.end).toMatchObject({ code: 0 })
})

withOld.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s reaches the runtime exactly once',
  async (signal) => {
    withModules(true)
    const { child, line, end } = run(old, 'serve')
    await line(0)
    child.kill(signal)
    expect(JSON.parse(await line(1))).toEqual([signal])
    expect(await end).toMatchObject({ code: 7, signal: null })
  },
)

withOld('a runtime that died of a signal is reported as that', async () => {
  withModules(true)
  expect(await run(old, 'die').end).toMatchObject({ code: null, signal: 'SIGKILL' })
})

withOld('no runtime is left behind when the first process is killed', async () => {
  withModules(true)
  const { child, line, end } = run(old, 'serve')
  const { pid } = JSON.parse(await line(0))
  expect(pid).not.toBe(child.pid)
  child.kill('SIGKILL')
  await expect.poll(() => alive(pid), { timeout: 20_000 }).toBe(false)
  expect(await end).toMatchObject({ signal: 'SIGKILL' })
})

withOld('without the packaged runtime it says what to do', async () => {
  withModules(false)
  const { code, stderr } = await run(old, 'serve').end
  expect(code).toBe(78)
  expect(stderr).toMatch(/needs Node 26\.5\.1 or later.*npm ci/)
})
