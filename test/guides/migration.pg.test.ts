import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createProgram } from '#cli/program.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'

const guide = readFileSync(resolve(import.meta.dirname, '../../docs/guides/migration.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-migration-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let server: Server

beforeAll(async () => {
  server = await startServer()
  vi.stubEnv('VOUCHSAFE_SERVER', server.grpc)
  vi.stubEnv('VOUCHSAFE_KEY', server.key)
  vi.stubEnv('DATABASE_URL', server.place.database.url)
  vi.stubEnv('VOUCHSAFE_SECRET', 'a5VdS0Wqk2nQ7xTz9uPbLr3mYc8eHg1JfNo6iKwXvZs')
  vi.stubEnv('VOUCHSAFE_DATA', server.place.data)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await server?.stop()
})

for (const [, name = '', text = ''] of guide.matchAll(/<!-- file: (\S+) -->\n```\w+\n([\s\S]*?)```/g)) {
  writeFileSync(join(folder, name), text)
}
const commands = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
)

/** The words of a command; files are those of the guide. */
function wordsOf(command: string): readonly string[] {
  const words = [...command.replace(/ # .*/, '').matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  )
  expect(words.splice(0, 2)).toEqual(['npx', 'vouchsafe'])
  return words.map((word) => (/\.(yaml|ndjson)$/.test(word) ? join(folder, word) : word))
}

async function run(command: string): Promise<{ readonly out: string; readonly code: number }> {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  process.exitCode = 0
  try {
    await createProgram().parseAsync([...wordsOf(command)], { from: 'user' })
    return { out: written.mock.calls.map(([text]) => String(text)).join(''), code: Number(process.exitCode) }
  } finally {
    written.mockRestore()
    process.exitCode = 0
  }
}

test('S003-20 S003-40 the guide to a gradual migration does what it says, there and back', async () => {
  expect(commands.length).toBeGreaterThan(10)
  const said: string[] = []
  for (const command of commands) {
    // The server follows what came in through the database.
    if (command.includes(' compare '))
      await server.write('acme', async () => undefined).catch(() => undefined)
    const { out, code } = await run(command)
    expect(code, `${command}\n${out}`).toBe(command.includes('# exits with 1') ? 1 : 0)
    said.push(out)
  }
  const compared = said.filter((_, at) => commands[at]?.includes(' compare '))
  expect(compared[0]).toMatch(/- denied now.*line 4 {2}dot wiki {2}NO_GRANT/)
  expect(compared[0]).toContain('4 asked: 3 the same, 0 gained access, 1 lost it')
  expect(compared[1]).toContain('4 asked: 4 the same, 0 gained access, 0 lost it')
  expect(compared[2]).toContain('3 lost it')
  expect(said.at(-1)).toMatch(/^no changes/)
  const given = said.filter((_, at) => commands[at]?.includes(' import '))
  expect(given[0]).toContain('4 rights given, 0 were there already')
  expect(given[1]).toContain('1 rights given')
})

test('each command that the guide only mentions is one', () => {
  const mentioned = [...guide.matchAll(/`npx vouchsafe ([a-z-]+)(?: ([a-z-]+))?/g)]
  expect(mentioned.length).toBeGreaterThan(2)
  for (const [, name, verb] of mentioned) {
    const found = createProgram().commands.find((each) => each.name() === name)
    expect(found, name).toBeDefined()
    if (found && found.commands.length > 0) expect(found.commands.map((each) => each.name())).toContain(verb)
  }
})
