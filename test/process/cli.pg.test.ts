import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { withoutOpa } from '#test/bundle/shipped.ts'
import { demoServer } from './demo-server.ts'
import { type Finished, finished, root, start, stop, temporaryFolder } from './vouchsafe.ts'

const patience = 120_000
const noKey = 'vch_AAAAAAAAAAAAAAAA_nobody'

/** Two at a time: each is a process of its own. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all([worker(), worker()])
}

test(
  'help ends well; what is typed wrongly is wrong use',
  async () => {
    expect(await finished(['bundle', 'build', '--help'])).toMatchObject({ code: 0, err: '' })
    const { code, out, err } = await finished(['chek'])
    expect({ code, out }).toEqual({ code: 64, out: '' })
    expect(err).toContain('Did you mean check?')
    expect(await finished(['check', 'docs_paid', '--subject', 'sub_x', '--quantity', 'many'])).toEqual({
      code: 64,
      signal: null,
      out: '',
      err: '--quantity is a whole number, not "many".\n',
    })
  },
  patience,
)

test(
  'files that are not there or no bundle are wrong data, in words',
  async () => {
    const absent = join(temporaryFolder(), 'absent.tar.gz')
    const cases: readonly (readonly [readonly string[], string])[] = [
      [['bundle', 'inspect', absent], `${absent} does not exist.\n`],
      [['test', '--bundle', absent], `${absent} does not exist.\n`],
      [['bundle', 'inspect', join(root, 'package.json')], 'It is no readable gzip.\n'],
    ]
    await each(cases, async ([args, said]) => {
      const { code, err } = await finished(args)
      expect({ code, err }, args.join(' ')).toEqual({ code: 65, err: said })
    })
  },
  patience,
)

test(
  'a client tells a denial, a missing server, a wrong key and a missing one apart',
  async () => {
    const { server, addresses, data, database } = await demoServer()
    const env = { VOUCHSAFE_DATA: data, VOUCHSAFE_SERVER: addresses.grpc }
    const ask = ['check', 'docs_paid', '--as', 'alice']
    const asking = (more: Readonly<Record<string, string>>) => finished(ask, { env: { ...env, ...more } })

    expect(await asking({})).toMatchObject({ code: 1, err: '', out: expect.stringMatching(/^denied/) })
    expect(await asking({ VOUCHSAFE_SERVER: '127.0.0.1:1' })).toMatchObject({
      code: 69,
      out: '',
      err: expect.stringContaining('No server answers there. Is it running?'),
    })
    const wrong = await asking({ VOUCHSAFE_KEY: noKey })
    expect(wrong).toMatchObject({ code: 77, out: '' })
    expect(wrong.err).not.toBe('')
    expect(wrong.err).not.toContain(noKey)
    // A folder where no server ever was: it holds neither a key nor an issuer, and none is made up.
    const elsewhere = temporaryFolder()
    expect(await asking({ VOUCHSAFE_DATA: elsewhere })).toMatchObject({
      code: 77,
      err: expect.stringContaining(`No development issuer in ${elsewhere}: start the server first`),
    })
    const subject = await finished(['check', 'docs_paid', '--subject', 'sub_x'], {
      env: { ...env, VOUCHSAFE_DATA: elsewhere },
    })
    expect(subject).toMatchObject({
      code: 77,
      err: expect.stringContaining('No caller key: set VOUCHSAFE_KEY'),
    })

    const json = (out: string) => JSON.parse(out)
    const answers: readonly (readonly [readonly string[], number])[] = [
      [[...ask, '--json'], 1],
      [['explain', ...ask.slice(1), '--json'], 1],
      [['grant', 'docs_paid', '--to', 'alice', '--json'], 0],
      [['list', '--as', 'alice', '--json'], 0],
      [['grants', '--to', 'alice', '--all', '--json'], 0],
      [['revoke', 'docs_paid', '--to', 'alice', '--json'], 0],
      [['migrate', '--json'], 0],
      [['bundle', 'inspect', 'bundles/default.tar.gz', '--json'], 0],
      [['test', '--bundle', 'bundles/default.tar.gz', '--json'], 0],
      ...(withoutOpa ? [] : [[['opa', '--json'], 0] as const]),
    ]
    const withDatabase = {
      ...env,
      DATABASE_URL: database.url,
      VOUCHSAFE_SECRET: 'kJ8vQ2xW5nR7tY1uB4mL9pD3fG6hS0aZ',
    }
    for (const [args, code] of answers) {
      const answer: Finished = await finished(args, { env: withDatabase })
      expect(answer.code, `${args.join(' ')}: ${answer.err}`).toBe(code)
      expect(() => json(answer.out), args.join(' ')).not.toThrow()
      expect(answer.out.trim().split('\n'), args.join(' ')).toHaveLength(1)
    }
    await stop(server)
  },
  patience,
)

test(
  'a command whose reader has gone ends, and one without standard input says what it lacks',
  async () => {
    const { server, addresses, data, grant } = await demoServer()
    const env = { VOUCHSAFE_DATA: data, VOUCHSAFE_SERVER: addresses.grpc }
    const watching = start(['watch', '--json'], { env })
    await watching.said('revision')
    watching.child.stdout?.destroy()
    // What it writes next finds no reader.
    const keys = ['docs_paid', 'early_access', 'docs_paid_monthly', 'docs_paid_yearly']
    const granting = setInterval(() => void grant(keys.shift() ?? 'docs_paid').catch(() => {}), 100)
    onTestFinished(() => clearInterval(granting))
    expect(await watching.end).toEqual({ code: 0, signal: null })
    expect(watching.err()).toBe('')
    clearInterval(granting)

    const { code, out, err } = await finished(['check', 'docs_paid', '--token', '-'], { env })
    expect({ code, out }).toEqual({ code: 64, out: '' })
    expect(err).not.toMatch(/\n +at /)
    await stop(server)
  },
  patience,
)
