import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { processesOf } from './processes.ts'
import { finished, ownPorts, start, stop, temporaryFolder } from './vouchsafe.ts'

const patience = 120_000
const nobody = 65534
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--']

// Skipped where this does not run as root on Linux: only root can be another user, or close a folder to its own server.
const asRoot = test.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')

asRoot(
  'a data folder that the database cannot enter gets a fixed place elsewhere, which is said and found again',
  async () => {
    const closed = join(temporaryFolder(), 'closed')
    mkdirSync(closed, { mode: 0o700 })
    const data = join(closed, 'data')
    const places: (string | undefined)[] = []
    for (const _ of ['first', 'second']) {
      const server = start(['serve'], { env: ownPorts(data) })
      await server.up()
      const place = /is closed to the database's user: its data is in (\S+)\./.exec(server.err())?.[1]
      expect(processesOf(place ?? '-').length).toBeGreaterThan(0)
      places.push(place)
      onTestFinished(() => rmSync(place ?? '', { recursive: true, force: true }))
      await stop(server)
      expect(processesOf(place ?? '-')).toEqual([])
    }
    expect(places[0]).toBeDefined()
    expect(places[1]).toBe(places[0])
  },
  patience,
)

asRoot(
  'an ordinary user needs no right but to their folder, and is told where that is missing',
  async () => {
    const folder = temporaryFolder()
    const theirs = join(folder, 'theirs')
    mkdirSync(theirs)
    chownSync(theirs, nobody, nobody)
    const server = start(['serve'], { env: ownPorts(theirs), through: asNobody, cwd: theirs })
    await server.up()
    await stop(server)
    expect(processesOf(theirs)).toEqual([])

    const ours = join(folder, 'ours')
    mkdirSync(ours)
    chmodSync(ours, 0o755)
    for (const data of [ours, join(ours, 'data')]) {
      const { code, err } = await finished(['serve'], { env: ownPorts(data), through: asNobody, cwd: theirs })
      expect({ code, err }).toMatchObject({
        code: 78,
        err: expect.stringMatching(/^VOUCHSAFE_DATA: .* cannot be used: EACCES/),
      })
    }
  },
  patience,
)
