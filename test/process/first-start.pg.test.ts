// As a newcomer meets it: nothing is set but where the folders and the ports are.
import { statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { canSeeProcesses, processesOf } from './processes.ts'
import { type Addresses, finished, keyIn, ownPorts, start, stop, temporaryFolder } from './vouchsafe.ts'

const patience = 120_000
const hint = /^ {2}npx vouchsafe (.+?) *(#.*)?$/gm

function client(data: string, { grpc }: Addresses, ...args: readonly string[]) {
  return finished(args, { env: { VOUCHSAFE_DATA: data, VOUCHSAFE_SERVER: grpc } })
}

function refusesConnections(address: string): Promise<boolean> {
  const [host = '', port] = address.split(':')
  return new Promise((done) => {
    const socket = connect(Number(port), host)
    socket.once('error', () => done(true))
    socket.once('connect', () => {
      socket.destroy()
      done(false)
    })
  })
}

test.skipIf(!canSeeProcesses)(
  'F44 a first start says what to try, that works, and survives a kill -9 of the server',
  async () => {
    const data = join(temporaryFolder(), 'data')
    const env = ownPorts(data)
    const first = start(['serve'], { env })
    const addresses = await first.up()

    // The key is shown once, whole, and kept for its owner alone.
    const key = keyIn(data)
    expect(first.out().split(key)).toHaveLength(2)
    expect(first.err()).not.toContain(key)
    expect(statSync(join(data, 'operator.key')).mode & 0o777).toBe(0o600)

    // The printed commands, as they are printed: denied, granted, allowed.
    const printed = [...first.out().matchAll(hint)].map(([, command = '']) => command.split(' '))
    const codes: (number | null)[] = []
    for (const command of printed) codes.push((await client(data, addresses, ...command)).code)
    expect({ printed: printed.length, codes }).toEqual({ printed: 3, codes: [1, 0, 0] })
    const { out: listed } = await client(data, addresses, 'list', '--as', 'alice')
    expect(listed).toContain('docs_paid')

    const beside = await finished(['serve'], { env })
    expect(beside).toMatchObject({ code: 78, out: '' })
    expect(beside.err).toContain(`in use by process ${first.child.pid}`)
    expect((await client(data, addresses, 'check', 'docs_paid', '--as', 'alice')).code).toBe(0)

    first.child.kill('SIGKILL')
    await first.end
    expect(processesOf(data), 'the database that nobody could stop').not.toEqual([])

    const second = start(['serve'], { env })
    const again = await second.up()
    expect(second.err()).toContain('Stopped the database that an earlier run had left behind.')
    expect(second.out()).not.toContain(key)
    expect(second.out()).toContain(join(data, 'operator.key'))
    expect((await client(data, again, 'check', 'docs_paid', '--as', 'alice')).code).toBe(0)

    second.child.kill('SIGINT')
    expect(await second.end).toEqual({ code: 0, signal: null })
    expect(processesOf(data)).toEqual([])
    const closed = await Promise.all([again.grpc, again.http, again.ops].map(refusesConnections))
    expect(closed).toEqual([true, true, true])

    // The same after an orderly end, where nothing is left to clear up.
    const third = start(['serve'], { env })
    expect((await client(data, await third.up(), 'check', 'docs_paid', '--as', 'alice')).code).toBe(0)
    expect(third.err()).not.toContain('left behind')
    await stop(third)
    expect(processesOf(data)).toEqual([])
  },
  patience,
)
